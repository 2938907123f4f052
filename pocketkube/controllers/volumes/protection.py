"""What is in use is not taken away: finalizers of claims and volumes that are being deleted.

Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.admission.storage.storage_plugins import CLAIM_PROTECTION, VOLUME_PROTECTION
from pocketkube.controllers.reconcile import Key, follow, key_of
from pocketkube.controllers.volumes.consumers import claims_of, users
from pocketkube.registry import Registry
from pocketkube.resources import PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, PODS, Resource
from pocketkube.store import Event, Object


class ProtectionController:
    """Keys are those of claims, and of volumes with "" as the namespace."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store

    async def run(self) -> None:
        await follow(self._store, (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, PODS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is not PODS:
            return [key_of(event.object)] if "deletionTimestamp" in event.object["metadata"] else []
        if event.type != "DELETED":
            return []
        return [(event.object["metadata"]["namespace"], name) for name in claims_of(event.object)]

    def reconcile(self, key: Key) -> None:
        resource = PERSISTENTVOLUMECLAIMS if key[0] else PERSISTENTVOLUMES
        obj = self._store.find(resource, *key)
        if obj and "deletionTimestamp" in obj["metadata"] and not self._is_in_use(resource, obj):
            finalizer = CLAIM_PROTECTION if key[0] else VOLUME_PROTECTION
            if finalizer in (obj["metadata"].get("finalizers") or ()):
                self._registry.modify(resource, *key, lambda live: live["metadata"]["finalizers"].remove(finalizer))

    def _is_in_use(self, resource: Resource, obj: Object) -> bool:
        if resource is PERSISTENTVOLUMES:
            return bool(obj.get("status", {}).get("phase") == "Bound")
        # A Pod without a node gets none as long as its claim is being deleted.
        return any(pod["spec"].get("nodeName") for pod in users(self._store, obj))
