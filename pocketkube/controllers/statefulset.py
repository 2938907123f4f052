"""StatefulSets: Pods with names that stay, started in order and ended in reverse.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from pocketkube.controllers.deployment import template_hash
from pocketkube.controllers.reconcile import (
    Key,
    controller_of,
    follow,
    is_ready,
    is_terminating,
    key_of,
    owned_by,
    reference_to,
)
from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.registry import Registry
from pocketkube.resources import PODS, STATEFULSETS
from pocketkube.store import Event, Object

POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"
REVISION = "controller-revision-hash"


class StatefulSetController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "statefulset-controller")

    async def run(self) -> None:
        await follow(self._store, (STATEFULSETS, PODS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is STATEFULSETS:
            return [key_of(event.object)]
        owner = controller_of(event.object)
        if owner and owner["kind"] == "StatefulSet":
            return [(event.object["metadata"]["namespace"], owner["name"])]
        return []

    def reconcile(self, key: Key) -> None:
        statefulset = self._store.find(STATEFULSETS, *key)
        if statefulset is None or "deletionTimestamp" in statefulset["metadata"]:
            return
        revision = f"{key[1]}-{template_hash(statefulset['spec']['template'])}"
        pods = {_ordinal(pod): pod for pod in self._store.list(PODS, key[0]) if owned_by(pod, statefulset)}
        try:
            self._step(statefulset, revision, pods)
        finally:
            self._report(statefulset, revision, list(pods.values()))

    def _step(self, statefulset: Object, revision: str, pods: dict[int, Object]) -> None:
        """Bring the set one step nearer; with OrderedReady the next waits until this one is ready."""
        spec = statefulset["spec"]
        first = (spec.get("ordinals") or {}).get("start", 0)
        wanted = range(first, first + spec["replicas"])
        ordered = spec["podManagementPolicy"] == "OrderedReady"
        for ordinal in wanted:
            pod = pods.get(ordinal)
            if pod is None:
                pods[ordinal] = pod = self._create(statefulset, revision, ordinal)
            elif pod.get("status", {}).get("phase") in ("Failed", "Succeeded") and not _is_leaving(pod):
                self._delete(statefulset, pod)
            if ordered and (not is_ready(pod) or _is_leaving(pod)):
                return
        for ordinal in sorted(set(pods) - set(wanted), reverse=True):
            if not _is_leaving(pods[ordinal]):
                self._delete(statefulset, pods[ordinal])
            if ordered:
                return
        self._update(statefulset, revision, [pods[ordinal] for ordinal in reversed(wanted)])

    def _update(self, statefulset: Object, revision: str, pods: list[Object]) -> None:
        """Rolling update: from the highest ordinal down to the partition, each once the one before it is ready."""
        strategy = statefulset["spec"]["updateStrategy"]
        if strategy["type"] != "RollingUpdate":
            return
        partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        for pod in pods:
            if _ordinal(pod) < partition:
                return
            if _revision(pod) != revision and not _is_leaving(pod):
                self._delete(statefulset, pod)
            if _revision(pod) != revision or not is_ready(pod):
                return

    def _create(self, statefulset: Object, revision: str, ordinal: int) -> Object:
        name = f"{statefulset['metadata']['name']}-{ordinal}"
        template = copy.deepcopy(statefulset["spec"]["template"])
        labels = {
            **(template["metadata"].get("labels") or {}),
            REVISION: revision,
            POD_NAME: name,
            POD_INDEX: str(ordinal),
        }
        metadata = {
            **template["metadata"],
            "name": name,
            "generateName": f"{statefulset['metadata']['name']}-",
            "labels": labels,
            "ownerReferences": [reference_to(statefulset)],
        }
        spec = {**template["spec"], "hostname": name, "subdomain": statefulset["spec"].get("serviceName", "")}
        namespace = statefulset["metadata"]["namespace"]
        try:
            made = self._registry.create(PODS, {"metadata": metadata, "spec": spec}, namespace)
        except ApiError as error:
            if not is_terminating(error):
                message = f"create Pod {name} in StatefulSet {statefulset['metadata']['name']} failed error: {error}"
                self._recorder.event(statefulset, "Warning", "FailedCreate", message)
            raise
        self._tell(statefulset, "SuccessfulCreate", f"create Pod {name}")
        return made

    def _delete(self, statefulset: Object, pod: Object) -> None:
        self._registry.delete(PODS, *key_of(pod))
        self._tell(statefulset, "SuccessfulDelete", f"delete Pod {pod['metadata']['name']}")

    def _tell(self, statefulset: Object, reason: str, what: str) -> None:
        message = f"{what} in StatefulSet {statefulset['metadata']['name']} successful"
        self._recorder.event(statefulset, "Normal", reason, message)

    def _report(self, statefulset: Object, revision: str, pods: list[Object]) -> None:
        old = statefulset.get("status", {})
        ready = sum(is_ready(pod) for pod in pods)
        updated = sum(_revision(pod) == revision for pod in pods)
        done = updated == len(pods) == ready
        current = revision if done else old.get("currentRevision", revision)
        status = {
            "observedGeneration": statefulset["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "currentReplicas": sum(_revision(pod) == current for pod in pods),
            "updatedReplicas": updated,
            "currentRevision": current,
            "updateRevision": revision,
            "collisionCount": 0,
            "availableReplicas": ready,
        }
        always = ("replicas", "collisionCount", "availableReplicas")
        status = {field: value for field, value in status.items() if value or field in always}
        self._registry.update(STATEFULSETS, {**statefulset, "status": status}, subresource="status")


def _ordinal(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _revision(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(REVISION, ""))


def _is_leaving(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]
