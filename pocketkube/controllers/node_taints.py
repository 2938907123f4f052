"""Taints of nodes: a cordoned node has one, and NoExecute taints evict the Pods that do not tolerate them.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.controllers.reconcile import Key, follow, key_of, seconds_since, soonest
from pocketkube.disruption.target import tell_of_disruption
from pocketkube.events import EventRecorder
from pocketkube.placement.node_fit import CORDONED, tolerates
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import NODES, PODS
from pocketkube.store import Event, Object


class NodeTaintController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "taint-eviction-controller")
        self._waiting: dict[str, set[Key]] = {}  # Pods whose time is running, by their node

    async def run(self) -> None:
        await follow(self._store, (NODES, PODS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is NODES:
            return [key_of(event.object)]
        assigned = event.previous is None or not event.previous["spec"].get("nodeName")
        node = event.object["spec"].get("nodeName")
        return [("", node)] if node and assigned else []

    def reconcile(self, key: Key) -> float | None:
        node = self._store.find(NODES, *key)
        if node is None:
            return None
        node = self._mark(node)
        taints = [taint for taint in node["spec"].get("taints") or () if taint["effect"] == "NoExecute"]
        here = [
            pod
            for pod in self._store.list(PODS)
            if pod["spec"].get("nodeName") == key[1] and "deletionTimestamp" not in pod["metadata"]
        ]
        delays = {key_of(pod): self._evict(pod, taints) for pod in here} if taints else {}
        self._tell_of_reprieves(here, self._waiting.get(key[1], set()) - delays.keys())
        self._waiting[key[1]] = {each for each, delay in delays.items() if delay}
        return soonest(*delays.values())

    def _tell_of_reprieves(self, pods: list[Object], spared: set[Key]) -> None:
        """Whose time was running when the taint went."""
        for pod in pods:
            if key_of(pod) in spared:
                message = f"Cancelling deletion of Pod {'/'.join(key_of(pod))}"
                self._recorder.event(pod, "Normal", "TaintManagerEviction", message)

    def _mark(self, node: Object) -> Object:
        """What `kubectl cordon` asks for is a taint as well; every NoExecute taint gets the time it was added."""
        taints = [taint for taint in node["spec"].get("taints") or () if not _is_cordon(taint)]
        taints = [
            {**taint, "timeAdded": timestamp()}
            if taint["effect"] == "NoExecute" and "timeAdded" not in taint
            else taint
            for taint in taints
        ]
        old = [taint for taint in node["spec"].get("taints") or () if _is_cordon(taint)]
        if node["spec"].get("unschedulable"):
            taints += old or [{**CORDONED, "timeAdded": timestamp()}]
        if taints == (node["spec"].get("taints") or []):
            return node

        def change(live: Object) -> None:
            live["spec"]["taints"] = taints
            if not taints:
                del live["spec"]["taints"]

        return self._registry.modify(NODES, *key_of(node), change)

    def _evict(self, pod: Object, taints: list[Object]) -> float | None:
        """Delete a Pod whose time on the node is over; else the seconds it still has."""
        tolerations = pod["spec"].get("tolerations") or []
        left = []
        for taint in taints:
            if not tolerates(tolerations, taint):
                left.append(0.0)
                continue
            limits = [each.get("tolerationSeconds") for each in tolerations if tolerates([each], taint)]
            if None not in limits:
                left.append(max(min(map(float, limits)) - seconds_since(taint["timeAdded"]), 0.0))
        delay = soonest(*left)
        if delay != 0.0:
            return delay
        message = f"Marking for deletion Pod {'/'.join(key_of(pod))}"
        self._recorder.event(pod, "Normal", "TaintManagerEviction", message)
        self._registry.modify(PODS, *key_of(pod), _tell_why, subresource="status")
        self._registry.delete(PODS, *key_of(pod))
        return None


def _tell_why(pod: Object) -> None:
    tell_of_disruption(pod, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")


def _is_cordon(taint: Object) -> bool:
    return bool(taint["key"] == CORDONED["key"] and taint["effect"] == CORDONED["effect"])
