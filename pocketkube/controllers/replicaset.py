"""ReplicaSets, and ReplicationControllers, which came before them: as many Pods as are asked for.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/ and
https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.controllers.claims import claim, owner_keys
from pocketkube.controllers.own_status import OwnStatus
from pocketkube.controllers.pod_control import PodControl, deletion_order
from pocketkube.controllers.reconcile import (
    Key,
    follow,
    is_active,
    is_finished,
    is_terminating,
    key_of,
    soonest,
    unavailable_for,
)
from pocketkube.errors import ApiError
from pocketkube.pod_readiness import is_ready
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import PODS, REPLICASETS, REPLICATIONCONTROLLERS, Resource
from pocketkube.store import Event, Object


class ReplicaSetController:
    resource: Resource = REPLICASETS
    component = "replicaset-controller"
    counts_leaving = True

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._pods = PodControl(registry, self.component)
        self._status = OwnStatus(registry, self.resource)

    async def run(self) -> None:
        await follow(self._store, (self.resource, PODS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is self.resource:
            return [] if self._status.comes_of_it(event) else [key_of(event.object)]
        if event.type == "MODIFIED" and event.previous and _what_counts(event.previous) == _what_counts(event.object):
            return []
        return owner_keys(self._store, self.resource, event)

    def reconcile(self, key: Key) -> float | None:
        replicaset = self._store.find(self.resource, *key)
        if replicaset is None or "deletionTimestamp" in replicaset["metadata"]:
            return None
        claimed = claim(self._registry, PODS, replicaset)
        pods = [pod for pod in claimed if is_active(pod)]
        leaving = sum("deletionTimestamp" in pod["metadata"] and not is_finished(pod) for pod in claimed)
        wanted = replicaset["spec"]["replicas"]
        missing = max(wanted - len(pods), 0)
        made, refused = self._pods.create_many(replicaset, replicaset["spec"]["template"], missing)
        pods += made
        for pod in deletion_order(pods)[: max(len(pods) - wanted, 0)]:
            self._pods.delete(replicaset, pod)
            pods.remove(pod)
            leaving += 1
        self._report(replicaset, pods, leaving, refused)
        if refused and not is_terminating(refused):
            raise refused
        seconds = replicaset["spec"].get("minReadySeconds", 0)
        return soonest(*(unavailable_for(pod, seconds) or None for pod in pods))

    def _report(self, replicaset: Object, pods: list[Object], leaving: int, refused: ApiError | None) -> None:
        labels = replicaset["spec"]["template"]["metadata"].get("labels") or {}
        seconds = replicaset["spec"].get("minReadySeconds", 0)
        status: Object = {
            "replicas": len(pods),
            "fullyLabeledReplicas": sum(
                labels.items() <= (pod["metadata"].get("labels") or {}).items() for pod in pods
            ),
            "readyReplicas": sum(map(is_ready, pods)),
            "availableReplicas": sum(unavailable_for(pod, seconds) == 0 for pod in pods),
            "observedGeneration": replicaset["metadata"]["generation"],
        }
        status = {field: value for field, value in status.items() if value or field == "replicas"}
        if self.counts_leaving:
            status["terminatingReplicas"] = leaving
        if refused:
            status["conditions"] = replicaset.get("status", {}).get("conditions") or [_failure(refused)]
        self._status.report(replicaset, status)


class ReplicationManager(ReplicaSetController):
    resource = REPLICATIONCONTROLLERS
    component = "replication-controller"
    counts_leaving = False


def _what_counts(pod: Object) -> tuple[object, ...]:
    """Whose a Pod is, and whether it is active, ready, and for how long: the rest of its status is nothing to them."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    ready = [each for each in status.get("conditions") or () if each["type"] == "Ready"]
    going = metadata.get("deletionTimestamp")
    return metadata.get("labels"), metadata.get("ownerReferences"), going, status.get("phase"), ready


def _failure(refused: ApiError) -> Object:
    return {
        "type": "ReplicaFailure",
        "status": "True",
        "lastTransitionTime": timestamp(),
        "reason": "FailedCreate",
        "message": str(refused),
    }
