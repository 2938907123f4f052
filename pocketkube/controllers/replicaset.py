"""ReplicaSets: as many Pods as are asked for."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from pocketkube.controllers.reconcile import (
    Key,
    controller_of,
    follow,
    is_active,
    is_ready,
    is_terminating,
    key_of,
    owned_by,
    reference_to,
)
from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import PODS, REPLICASETS
from pocketkube.store import Event, Object


class ReplicaSetController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "replicaset-controller")

    async def run(self) -> None:
        await follow(self._store, (REPLICASETS, PODS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is REPLICASETS:
            return [key_of(event.object)]
        owner = controller_of(event.object)
        if owner and owner["kind"] == "ReplicaSet":
            return [(event.object["metadata"]["namespace"], owner["name"])]
        return []

    def reconcile(self, key: Key) -> None:
        replicaset = self._store.find(REPLICASETS, *key)
        if replicaset is None or "deletionTimestamp" in replicaset["metadata"]:
            return
        pods = [pod for pod in self._store.list(PODS, key[0]) if owned_by(pod, replicaset) and is_active(pod)]
        wanted = replicaset["spec"]["replicas"]
        refused: ApiError | None = None
        try:
            for _ in range(wanted - len(pods)):
                pods.append(self._create(replicaset))
        except ApiError as error:
            refused = error
        for pod in sorted(pods, key=_keep_last)[: max(len(pods) - wanted, 0)]:
            self._delete(replicaset, pod)
            pods.remove(pod)
        self._report(replicaset, pods, refused)
        if refused and not is_terminating(refused):
            raise refused

    def _create(self, replicaset: Object) -> Object:
        template = replicaset["spec"]["template"]
        metadata = {
            **copy.deepcopy(template["metadata"]),
            "generateName": f"{replicaset['metadata']['name']}-",
            "ownerReferences": [reference_to(replicaset)],
        }
        made = {"metadata": metadata, "spec": template["spec"]}
        try:
            pod = self._registry.create(PODS, made, replicaset["metadata"]["namespace"])
        except ApiError as error:
            if not is_terminating(error):
                self._recorder.event(replicaset, "Warning", "FailedCreate", f"Error creating: {error}")
            raise
        message = f"Created pod: {pod['metadata']['name']}"
        self._recorder.event(replicaset, "Normal", "SuccessfulCreate", message)
        return pod

    def _delete(self, replicaset: Object, pod: Object) -> None:
        self._registry.delete(PODS, *key_of(pod))
        message = f"Deleted pod: {pod['metadata']['name']}"
        self._recorder.event(replicaset, "Normal", "SuccessfulDelete", message)

    def _report(self, replicaset: Object, pods: list[Object], refused: ApiError | None) -> None:
        labels = replicaset["spec"]["template"]["metadata"].get("labels") or {}
        full = [pod for pod in pods if labels.items() <= (pod["metadata"].get("labels") or {}).items()]
        ready = [pod for pod in pods if is_ready(pod)]
        status: Object = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(full),
            "readyReplicas": len(ready),
            "availableReplicas": len(ready),
            "observedGeneration": replicaset["metadata"]["generation"],
        }
        status = {key: value for key, value in status.items() if value or key == "replicas"}
        if refused:
            status["conditions"] = replicaset.get("status", {}).get("conditions") or [_failure(refused)]
        self._registry.update(REPLICASETS, {**replicaset, "status": status}, subresource="status")


def _failure(refused: ApiError) -> Object:
    return {
        "type": "ReplicaFailure",
        "status": "True",
        "lastTransitionTime": timestamp(),
        "reason": "FailedCreate",
        "message": str(refused),
    }


def _keep_last(pod: Object) -> tuple[bool, bool, bool, float]:
    """Which Pods go first: unassigned, pending, not ready, then the newest (controller_utils.go, ActivePods)."""
    assigned = bool(pod["spec"].get("nodeName"))
    pending = pod.get("status", {}).get("phase") == "Pending"
    return assigned, not pending, is_ready(pod), -int(pod["metadata"]["resourceVersion"])
