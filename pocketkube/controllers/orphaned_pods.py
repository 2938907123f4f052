"""Pods of nodes that are no more: 40 seconds after their node has gone, they go as well.

Source: gcOrphaned in k8s.io/kubernetes/pkg/controller/podgc/gc_controller.go
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from pocketkube.controllers.reconcile import Key, follow, key_of
from pocketkube.disruption.target import tell_of_disruption
from pocketkube.registry import Registry
from pocketkube.resources import NODES, PODS
from pocketkube.store import Event, Object

QUARANTINE = 40.0  # seconds for which a node may be missing


class OrphanedPodController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._missing: dict[str, float] = {}  # since when, by the node's name

    async def run(self) -> None:
        await follow(self._store, (NODES, PODS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is PODS:
            return [key_of(event.object)] if event.object["spec"].get("nodeName") else []
        name = event.object["metadata"]["name"]
        if event.type != "DELETED":
            self._missing.pop(name, None)
            return []
        return [key_of(pod) for pod in self._store.list(PODS) if pod["spec"].get("nodeName") == name]

    def reconcile(self, key: Key) -> float | None:
        pod = self._store.find(PODS, *key)
        node = pod["spec"].get("nodeName") if pod else None
        if node is None or self._store.find(NODES, "", node):
            return None
        left = self._missing.setdefault(node, time.monotonic()) + QUARANTINE - time.monotonic()
        if left > 0:
            return left
        self._registry.modify(PODS, *key, _fail, subresource="status")
        self._registry.delete(PODS, *key, {"gracePeriodSeconds": 0})
        return None


def _fail(pod: Object) -> None:
    tell_of_disruption(pod, "DeletionByPodGC", "PodGC: node no longer exists")
    if pod["status"].get("phase") not in ("Succeeded", "Failed"):
        pod["status"]["phase"] = "Failed"
