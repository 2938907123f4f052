"""Claims that are one Pod's own, made with it and gone with it.

Sources: https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#generic-ephemeral-volumes and
k8s.io/kubernetes/pkg/controller/volume/ephemeral
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.controllers.reconcile import Key, follow, key_of, reference_to
from pocketkube.registry import Registry
from pocketkube.resources import PERSISTENTVOLUMECLAIMS, PODS
from pocketkube.store import Event, Object


class EphemeralVolumeController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store

    async def run(self) -> None:
        await follow(self._store, (PODS,), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        asks = any("ephemeral" in each for each in event.object["spec"].get("volumes") or ())
        return [key_of(event.object)] if asks and event.type == "ADDED" else []

    def reconcile(self, key: Key) -> None:
        pod = self._store.find(PODS, *key)
        if pod is None or "deletionTimestamp" in pod["metadata"]:
            return
        for volume in pod["spec"]["volumes"]:
            name = f"{key[1]}-{volume['name']}"
            if "ephemeral" in volume and self._store.find(PERSISTENTVOLUMECLAIMS, key[0], name) is None:
                self._create(pod, name, volume["ephemeral"]["volumeClaimTemplate"])

    def _create(self, pod: Object, name: str, template: Object) -> None:
        metadata = {**template["metadata"], "name": name, "ownerReferences": [reference_to(pod)]}
        claim = {"metadata": metadata, "spec": template["spec"]}
        self._registry.create(PERSISTENTVOLUMECLAIMS, claim, pod["metadata"]["namespace"])
