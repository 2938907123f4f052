"""The scheduler: each Pod gets a node. It spreads Pods; there are no other resources to weigh here.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable

from pocketkube.controllers.reconcile import Key, controller_of, follow, key_of
from pocketkube.events import EventRecorder
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import NODES, PODS
from pocketkube.store import Event, Object


class Scheduler:
    def __init__(self, registry: Registry) -> None:
        self._store = registry.store
        self._recorder = EventRecorder(registry, "default-scheduler")

    async def run(self) -> None:
        await follow(self._store, (PODS, NODES), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is PODS:
            return [key_of(event.object)]
        return [key_of(pod) for pod in self._store.list(PODS) if not pod["spec"].get("nodeName")]

    def reconcile(self, key: Key) -> None:
        pod = self._store.find(PODS, *key)
        if pod is None or pod["spec"].get("nodeName") or "deletionTimestamp" in pod["metadata"]:
            return
        nodes = self._store.list(NODES)
        refused = Counter(reason for node in nodes if (reason := _refusal(pod, node)))
        fitting = [node for node in nodes if not _refusal(pod, node)]
        if fitting:
            self._bind(pod, min(fitting, key=self._load(pod))["metadata"]["name"])
        else:
            reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(refused.items()))
            self._cannot(pod, f"0/{len(nodes)} nodes are available: {reasons}.")

    def _load(self, pod: Object) -> Callable[[Object], tuple[int, int]]:
        """Fewest Pods of the same owner first, then fewest Pods."""
        owner = controller_of(pod)
        siblings: Counter[str] = Counter()
        everyone: Counter[str] = Counter()
        for other in self._store.list(PODS):
            node = other["spec"].get("nodeName", "")
            everyone[node] += 1
            if owner and (controller_of(other) or {}).get("uid") == owner["uid"]:
                siblings[node] += 1
        return lambda node: (siblings[node["metadata"]["name"]], everyone[node["metadata"]["name"]])

    def _bind(self, pod: Object, node: str) -> None:
        """What the pods/binding subresource does: the one way in which spec.nodeName is set later."""
        bound = copy.deepcopy(pod)
        bound["spec"]["nodeName"] = node
        bound.setdefault("status", {})["conditions"] = [_condition("True")]
        self._store.put(PODS, bound)
        namespace, name = key_of(pod)
        message = f"Successfully assigned {namespace}/{name} to {node}"
        self._recorder.event(bound, "Normal", "Scheduled", message)

    def _cannot(self, pod: Object, message: str) -> None:
        condition = {**_condition("False"), "reason": "Unschedulable", "message": message}
        before = pod.get("status", {}).get("conditions") or []
        if before and before[0].get("message") == message:
            return
        self._store.put(PODS, {**pod, "status": {**pod.get("status", {}), "conditions": [condition]}})
        self._recorder.event(pod, "Warning", "FailedScheduling", message)


def _refusal(pod: Object, node: Object) -> str:
    """Why the Pod cannot go to the node, in the scheduler's words; "" when it can."""
    spec = pod["spec"]
    labels = node["metadata"].get("labels") or {}
    if node["spec"].get("unschedulable"):
        return "node(s) were unschedulable"
    for taint in node["spec"].get("taints") or ():
        if taint["effect"] != "PreferNoSchedule" and not any(_tolerates(each, taint) for each in spec["tolerations"]):
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return "node(s) didn't match Pod's node affinity/selector"
    return ""


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return bool(toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""))


def _condition(status: str) -> Object:
    return {"type": "PodScheduled", "status": status, "lastProbeTime": None, "lastTransitionTime": timestamp()}
