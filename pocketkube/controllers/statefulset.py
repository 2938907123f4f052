"""StatefulSets: Pods with names that stay, started in order and ended in reverse.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from pocketkube.controllers.claim_templates import ClaimTemplates
from pocketkube.controllers.claims import claim, owner_keys
from pocketkube.controllers.hashes import revision_hash
from pocketkube.controllers.reconcile import (
    Key,
    follow,
    is_terminating,
    key_of,
    reference_to,
    share,
    soonest,
    unavailable_for,
)
from pocketkube.controllers.revisions import HASH, Revisions
from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.json_copy import copied
from pocketkube.pod_readiness import is_ready
from pocketkube.registry import Registry
from pocketkube.resources import PERSISTENTVOLUMECLAIMS, PODS, STATEFULSETS
from pocketkube.store import Event, Object

POD_NAME = "statefulset.kubernetes.io/pod-name"
POD_INDEX = "apps.kubernetes.io/pod-index"
REVISION_HASH = "controller.kubernetes.io/hash"


class StatefulSetController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "statefulset-controller")

    async def run(self) -> None:
        await follow(self._store, (STATEFULSETS, PODS, PERSISTENTVOLUMECLAIMS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is STATEFULSETS:
            return [key_of(event.object)]
        if event.resource is PERSISTENTVOLUMECLAIMS:
            gone = event.type == "DELETED"
            return map(key_of, self._store.list(STATEFULSETS, event.object["metadata"]["namespace"])) if gone else ()
        return owner_keys(self._store, STATEFULSETS, event)

    def reconcile(self, key: Key) -> float | None:
        statefulset = self._store.find(STATEFULSETS, *key)
        if statefulset is None or "deletionTimestamp" in statefulset["metadata"]:
            return None
        revisions = Revisions(self._registry, statefulset, REVISION_HASH, lambda data: revision_hash(data, 0))
        update = revisions.current()["metadata"]["name"]
        before = statefulset.get("status", {}).get("currentRevision", update)
        templates = {each["metadata"]["name"]: each["data"]["spec"]["template"] for each in revisions.all}
        claimed = claim(self._registry, PODS, statefulset)
        pods = {_ordinal(pod): pod for pod in claimed if _ordinal(pod) >= 0}
        try:
            self._step(statefulset, update, templates.get(before), pods)
        finally:
            self._report(statefulset, before, update, list(pods.values()))
        live = {update, before, *map(_revision, pods.values())}
        revisions.forget(live, statefulset["spec"]["revisionHistoryLimit"])
        return soonest(*(unavailable_for(pod, _min_ready(statefulset)) or None for pod in pods.values()))

    def _step(self, statefulset: Object, update: str, before: Object | None, pods: dict[int, Object]) -> None:
        """Bring the set one step nearer; with OrderedReady the next waits until this one is available.

        `before`: the template that Pods below the partition are made from.
        """
        spec = statefulset["spec"]
        first = _first_ordinal(statefulset)
        wanted = range(first, first + spec["replicas"])
        claims = ClaimTemplates(self._registry, self._recorder, statefulset)
        for ordinal, there in pods.items():
            claims.keep_owners(there, wanted=ordinal in wanted)
        ordered = spec["podManagementPolicy"] == "OrderedReady"
        for ordinal in wanted:
            pod = pods.get(ordinal)
            name = f"{statefulset['metadata']['name']}-{ordinal}"
            if pod is None and claims.is_stale(name):
                if ordered:
                    return
                continue
            if pod is None:
                pods[ordinal] = pod = self._create(statefulset, update, before, ordinal)
            elif _phase(pod) in ("Failed", "Succeeded") and not _is_leaving(pod):
                self._delete(statefulset, pod)  # the next step creates it anew: its name is free then
            elif not pod["spec"].get("nodeName"):
                claims.make(name)
            if ordered and (unavailable_for(pod, _min_ready(statefulset)) != 0 or _is_leaving(pod)):
                return
        for ordinal in sorted(set(pods) - set(wanted), reverse=True):
            if not _is_leaving(pods[ordinal]):
                self._delete(statefulset, pods[ordinal])
            if ordered:
                return
        self._update(statefulset, update, [pods[ordinal] for ordinal in reversed(wanted) if ordinal in pods])

    def _update(self, statefulset: Object, update: str, pods: list[Object]) -> None:
        """Rolling update: from the highest ordinal down to the partition, each once those before it are available."""
        if not _rolls(statefulset):
            return
        rolling = statefulset["spec"]["updateStrategy"].get("rollingUpdate") or {}
        most = max(share(rolling.get("maxUnavailable", 1), len(pods), math.floor), 1)
        down = 0
        for pod in pods:
            if _is_held_back(statefulset, _ordinal(pod)):
                return
            if down >= most:
                return
            if _revision(pod) != update and not _is_leaving(pod):
                self._delete(statefulset, pod)
                down += 1
            elif _is_leaving(pod) or unavailable_for(pod, _min_ready(statefulset)) != 0:
                down += 1

    def _create(self, statefulset: Object, update: str, before: Object | None, ordinal: int) -> Object:
        name = f"{statefulset['metadata']['name']}-{ordinal}"
        template, revision = statefulset["spec"]["template"], update
        if before is not None and _is_held_back(statefulset, ordinal):
            template = {key: value for key, value in before.items() if key != "$patch"}
            revision = statefulset["status"]["currentRevision"]
        template = copied(template)
        labels = {
            **(template["metadata"].get("labels") or {}),
            HASH: revision,
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
        spec = {**template["spec"], "hostname": name}
        claims = ClaimTemplates(self._registry, self._recorder, statefulset)
        volumes = claims.volumes(name)
        if volumes:
            own = {each["name"] for each in volumes}
            spec["volumes"] = [*volumes, *(each for each in spec.get("volumes") or () if each["name"] not in own)]
        if statefulset["spec"].get("serviceName"):
            spec["subdomain"] = statefulset["spec"]["serviceName"]
        namespace = statefulset["metadata"]["namespace"]
        try:
            claims.make(name)
            made = self._registry.create(PODS, {"metadata": metadata, "spec": spec}, namespace)
        except ApiError as error:
            if not is_terminating(error):
                message = f"create Pod {name} in StatefulSet {statefulset['metadata']['name']} failed error: {error}"
                self._recorder.event(statefulset, "Warning", "FailedCreate", message)
            raise
        claims.keep_owners(made, wanted=True)
        self._tell(statefulset, "SuccessfulCreate", f"create Pod {name}")
        return made

    def _delete(self, statefulset: Object, pod: Object) -> None:
        self._registry.delete(PODS, *key_of(pod))
        self._tell(statefulset, "SuccessfulDelete", f"delete Pod {pod['metadata']['name']}")

    def _tell(self, statefulset: Object, reason: str, what: str) -> None:
        message = f"{what} in StatefulSet {statefulset['metadata']['name']} successful"
        self._recorder.event(statefulset, "Normal", reason, message)

    def _report(self, statefulset: Object, before: str, update: str, pods: list[Object]) -> None:
        ready = sum(map(is_ready, pods))
        staying = [_revision(pod) for pod in pods if not _is_leaving(pod)]
        updated = staying.count(update)
        complete = _rolls(statefulset) and updated == ready == len(pods) == statefulset["spec"]["replicas"]
        current = update if complete else before
        status = {
            "observedGeneration": statefulset["metadata"]["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "currentReplicas": staying.count(current),
            "updatedReplicas": updated,
            "currentRevision": current,
            "updateRevision": update,
            "collisionCount": 0,
            "availableReplicas": sum(unavailable_for(pod, _min_ready(statefulset)) == 0 for pod in pods),
        }
        always = ("replicas", "collisionCount", "availableReplicas")
        status = {field: value for field, value in status.items() if value or field in always}
        self._registry.update(STATEFULSETS, {**statefulset, "status": status}, subresource="status")


def _ordinal(pod: Object) -> int:
    """-1 for a Pod that is not named as those of a StatefulSet are."""
    text = pod["metadata"]["name"].rpartition("-")[2]
    return int(text) if text.isdigit() else -1


def _first_ordinal(statefulset: Object) -> int:
    return int((statefulset["spec"].get("ordinals") or {}).get("start", 0))


def _rolls(statefulset: Object) -> bool:
    return bool(statefulset["spec"]["updateStrategy"]["type"] == "RollingUpdate")


def _is_held_back(statefulset: Object, ordinal: int) -> bool:
    """Whether the partition, which counts from the first ordinal, keeps the Pod at the revision before."""
    rolling = statefulset["spec"]["updateStrategy"].get("rollingUpdate") or {}
    return bool(ordinal < _first_ordinal(statefulset) + rolling.get("partition", 0))


def _min_ready(statefulset: Object) -> int:
    return int(statefulset["spec"].get("minReadySeconds", 0))


def _revision(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(HASH, ""))


def _is_leaving(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _phase(pod: Object) -> str:
    return str(pod.get("status", {}).get("phase", ""))
