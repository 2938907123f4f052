"""The scheduler: each Pod gets a node that fits and has room, the emptiest first.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from pocketkube.controllers.neighbours import Neighbours
from pocketkube.controllers.pod_claims import PodClaims, waiting_for
from pocketkube.controllers.reconcile import Key, controller_of, follow, key_of
from pocketkube.events_v1 import EventV1Recorder
from pocketkube.json_copy import copied
from pocketkube.placement.node_fit import NOT_NAMED, avoided, named_nodes, preference, refusal
from pocketkube.placement.node_room import shortage
from pocketkube.placement.topology_labels import label_with_topology
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import NAMESPACES, NODES, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, PODS, STORAGECLASSES
from pocketkube.store import Event, Object

NAME = "default-scheduler"
HOST = "control-plane"
STORAGE = (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES)
NO_HELP = "Preemption is not helpful for scheduling"
NO_VICTIM = "No preemption victims found for incoming pod"


class Scheduler:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventV1Recorder(registry, NAME, HOST)
        self._assumed: dict[str, str] = {}  # nodes of Pods whose claims are being bound, by the Pod's uid

    async def run(self) -> None:
        await follow(self._store, (PODS, NODES, *STORAGE), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        """The Pod itself; who waits for storage that changes; all that wait, when a node does or room becomes free."""
        if event.resource is PODS and event.type == "DELETED":
            self._assumed.pop(event.object["metadata"]["uid"], None)
        elif event.resource in STORAGE:
            return [key_of(pod) for pod in waiting_for(self._store, event)]
        elif event.resource is PODS:
            return [key_of(event.object)]
        return [key_of(pod) for pod in self._store.list(PODS) if not pod["spec"].get("nodeName")]

    def reconcile(self, key: Key) -> None:
        pod = self._store.find(PODS, *key)
        if pod is None or pod["spec"].get("nodeName") or "deletionTimestamp" in pod["metadata"]:
            return
        if pod["spec"].get("schedulerName", NAME) != NAME:
            return
        if pod["spec"].get("schedulingGates"):
            self._note(pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates")
            return
        nodes = self._store.list(NODES)
        claims = PodClaims(self._registry, pod)
        unusable = claims.refusal()
        if unusable:
            self._refuse(pod, nodes, unusable, Counter({NO_HELP: len(nodes)}))
            return
        others = self._others(pod)
        assumed = self._assumed.pop(pod["metadata"]["uid"], "")
        neighbours = Neighbours(pod, nodes, others, self._store.list(NAMESPACES))
        fitting = []
        reasons: Counter[str] = Counter()
        outlook: Counter[str] = Counter()
        for node in nodes:
            why, helpless = _problems(pod, node, others, claims, neighbours)
            reasons.update(why)
            if why:
                outlook[NO_HELP if helpless else NO_VICTIM] += 1
            else:
                fitting.append(node)
        if fitting:
            before = [node for node in fitting if node["metadata"]["name"] == assumed]
            node = min(before or fitting, key=_load(pod, others, neighbours))
            if claims.settle(node):
                self._bind(pod, node["metadata"]["name"])
            else:  # it comes here again once its claims are bound
                self._assumed[pod["metadata"]["uid"]] = node["metadata"]["name"]
            return
        self._refuse(pod, nodes, _listed(reasons), outlook)

    def _others(self, pod: Object) -> list[Object]:
        """The Pods that have a node, or are about to."""
        pods = [each for each in self._store.list(PODS) if each is not pod]
        nodes = [each["spec"].get("nodeName") or self._assumed.get(each["metadata"]["uid"]) for each in pods]
        return [
            each if each["spec"].get("nodeName") else {**each, "spec": {**each["spec"], "nodeName": node}}
            for each, node in zip(pods, nodes, strict=True)
            if node
        ]

    def _refuse(self, pod: Object, nodes: list[Object], why: str, outlook: Counter[str]) -> None:
        head = f"0/{len(nodes)} nodes are available"
        message = (
            f"{head}: {why}. no new claims to deallocate, preemption: {head}: {_listed(outlook)}."
            if nodes
            else "no nodes available to schedule pods"
        )
        if self._note(pod, "Unschedulable", message):
            self._recorder.event(pod, "Warning", "FailedScheduling", "Scheduling", message)

    def _bind(self, pod: Object, node: str) -> None:
        """What the pods/binding subresource does: the one way in which spec.nodeName is set later."""
        bound = copied(pod)
        bound["spec"]["nodeName"] = node
        label_with_topology(bound, self._store.find(NODES, "", node))
        bound.setdefault("status", {})["conditions"] = [_condition(pod, "True")]
        self._store.put(PODS, bound)
        namespace, name = key_of(pod)
        message = f"Successfully assigned {namespace}/{name} to {node}"
        self._recorder.event(bound, "Normal", "Scheduled", "Binding", message)

    def _note(self, pod: Object, reason: str, message: str) -> bool:
        """Set the PodScheduled condition; whether it says anything new."""
        condition = {**_condition(pod, "False"), "reason": reason, "message": message}
        before = pod.get("status", {}).get("conditions") or []
        if before and before[0].get("message") == message:
            return False
        self._store.put(PODS, {**pod, "status": {**pod.get("status", {}), "conditions": [condition]}})
        return True


def _problems(
    pod: Object, node: Object, others: list[Object], claims: PodClaims, neighbours: Neighbours
) -> tuple[list[str], bool]:
    """Why the Pod cannot go to the node: what the first filter that refuses says; and that no preemption would help."""
    names = named_nodes(pod["spec"])
    if names is not None and node["metadata"]["name"] not in names:
        return [NOT_NAMED], True
    unfit = refusal(pod["spec"], node)
    if unfit:
        return [unfit], True
    short, helpless = shortage(pod, node, others)
    if short:
        return short, helpless
    conflicts, helpless = claims.conflicts(node)
    if conflicts:
        return conflicts, helpless
    return neighbours.refusal(node)


def _load(pod: Object, others: list[Object], neighbours: Neighbours) -> Callable[[Object], tuple[int, int, int, int]]:
    """Least avoided by taints, then preferred nodes, then fewest Pods of the same owner, then fewest Pods."""
    owner = controller_of(pod)
    siblings: Counter[str] = Counter()
    everyone: Counter[str] = Counter()
    for other in others:
        node = other["spec"]["nodeName"]
        everyone[node] += 1
        if owner and (controller_of(other) or {}).get("uid") == owner["uid"]:
            siblings[node] += 1

    def load(node: Object) -> tuple[int, int, int, int]:
        name = node["metadata"]["name"]
        liked = preference(pod["spec"], node) + neighbours.preference(node)
        return avoided(pod["spec"], node), -liked, siblings[name], everyone[name]

    return load


def _listed(reasons: Counter[str]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))


def _condition(pod: Object, status: str) -> Object:
    return {
        "type": "PodScheduled",
        "status": status,
        "observedGeneration": pod["metadata"].get("generation", 1),
        "lastProbeTime": None,
        "lastTransitionTime": timestamp(),
    }
