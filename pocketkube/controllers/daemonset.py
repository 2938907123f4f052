"""DaemonSets: a Pod on every node that fits.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from pocketkube.controllers.claims import claim, owner_keys
from pocketkube.controllers.hashes import template_hash
from pocketkube.controllers.pod_control import PodControl
from pocketkube.controllers.reconcile import Key, follow, key_of, share, soonest, unavailable_for
from pocketkube.controllers.revisions import HASH, Revisions
from pocketkube.json_copy import copied
from pocketkube.placement.node_fit import named_nodes, refusal
from pocketkube.pod_readiness import is_ready
from pocketkube.registry import Registry
from pocketkube.resources import DAEMONSETS, NODES, PODS
from pocketkube.store import Event, Object

GENERATION = "pod-template-generation"
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
TROUBLES = {  # what a daemon's Pod endures on any node
    "not-ready": "NoExecute",
    "unreachable": "NoExecute",
    "disk-pressure": "NoSchedule",
    "memory-pressure": "NoSchedule",
    "pid-pressure": "NoSchedule",
    "unschedulable": "NoSchedule",
}


class DaemonSetController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._pods = PodControl(registry, "daemonset-controller")

    async def run(self) -> None:
        await follow(self._store, (DAEMONSETS, PODS, NODES), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is DAEMONSETS:
            return [key_of(event.object)]
        if event.resource is NODES:
            return [key_of(each) for each in self._store.list(DAEMONSETS)]
        return owner_keys(self._store, DAEMONSETS, event)

    def reconcile(self, key: Key) -> float | None:
        daemon_set = self._store.find(DAEMONSETS, *key)
        if daemon_set is None or "deletionTimestamp" in daemon_set["metadata"]:
            return None
        template = daemon_set["spec"]["template"]
        revisions = Revisions(self._registry, daemon_set, HASH, lambda _: template_hash(template))
        revision = revisions.current()
        digest = revision["metadata"]["labels"][HASH]
        template = _template(daemon_set, digest)
        nodes = [each["metadata"]["name"] for each in self._store.list(NODES) if not refusal(template["spec"], each)]
        pods: dict[str, list[Object]] = defaultdict(list)
        for pod in claim(self._registry, PODS, daemon_set):
            pods[_node_of(pod)].append(pod)
        try:
            self._populate(daemon_set, template, nodes, pods)
            if daemon_set["spec"]["updateStrategy"]["type"] == "RollingUpdate":
                self._roll(daemon_set, template, digest, nodes, pods)
        finally:
            self._report(daemon_set, digest, nodes, pods)
        live = {f"{key[1]}-{_hash_of(pod)}" for each in pods.values() for pod in each}
        live.add(revision["metadata"]["name"])
        revisions.forget(live, daemon_set["spec"]["revisionHistoryLimit"])
        seconds = daemon_set["spec"].get("minReadySeconds", 0)
        delays = [unavailable_for(pod, seconds) or None for each in pods.values() for pod in each]
        return soonest(*delays)

    def _populate(self, daemon_set: Object, template: Object, nodes: list[str], pods: dict[str, list[Object]]) -> None:
        for node in {*pods, *nodes}:
            for pod in list(pods[node]):
                if _phase(pod) in ("Failed", "Succeeded") and not _is_leaving(pod):
                    self._replace_ended(daemon_set, node, pod)
                    pods[node].remove(pod)
            staying = [pod for pod in pods[node] if not _is_leaving(pod)]
            if node not in nodes:
                for pod in staying:
                    self._pods.delete(daemon_set, pod)
                    pods[node].remove(pod)
            elif not pods[node]:
                pods[node].append(self._create(daemon_set, template, node))

    def _replace_ended(self, daemon_set: Object, node: str, pod: Object) -> None:
        name, phase = "/".join(key_of(pod)), _phase(pod)
        message = f"Found {phase.lower()} daemon pod {name} on node {node}, will try to "
        kind, end = ("Warning", "kill it") if phase == "Failed" else ("Normal", "delete it")
        self._pods.recorder.event(daemon_set, kind, f"{phase}DaemonPod", message + end)
        self._pods.delete(daemon_set, pod)

    def _roll(
        self, daemon_set: Object, template: Object, digest: str, nodes: list[str], pods: dict[str, list[Object]]
    ) -> None:
        """Replace Pods of older templates: within maxUnavailable, or with maxSurge new ones beside them first."""
        rolling = daemon_set["spec"]["updateStrategy"]["rollingUpdate"]
        seconds = daemon_set["spec"].get("minReadySeconds", 0)
        surge = share(rolling["maxSurge"], len(nodes), math.ceil)
        if surge:
            self._surge(daemon_set, template, digest, nodes, pods, surge)
            return
        most = share(rolling["maxUnavailable"], len(nodes), math.ceil)
        down = sum(not any(_is_up(pod, seconds) for pod in pods[node]) for node in nodes)
        for node in nodes:
            for pod in list(pods[node]):
                if _hash_of(pod) == digest or _is_leaving(pod):
                    continue
                if _is_up(pod, seconds):
                    if down >= most:
                        continue
                    down += 1
                self._pods.delete(daemon_set, pod)
                pods[node].remove(pod)

    def _surge(
        self,
        daemon_set: Object,
        template: Object,
        digest: str,
        nodes: list[str],
        pods: dict[str, list[Object]],
        most: int,
    ) -> None:
        seconds = daemon_set["spec"].get("minReadySeconds", 0)
        surging = 0
        for node in nodes:
            new = [pod for pod in pods[node] if _hash_of(pod) == digest]
            old = [pod for pod in pods[node] if _hash_of(pod) != digest and not _is_leaving(pod)]
            if not old:
                continue
            if any(_is_up(pod, seconds) for pod in new):
                for pod in old:
                    self._pods.delete(daemon_set, pod)
                    pods[node].remove(pod)
            elif new or surging < most:
                surging += 1
                if not new:
                    pods[node].append(self._create(daemon_set, template, node))

    def _create(self, daemon_set: Object, template: Object, node: str) -> Object:
        made = copied(template)
        term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
        affinity = made["spec"].setdefault("affinity", {}).setdefault("nodeAffinity", {})
        affinity["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": [term]}
        return self._pods.create(daemon_set, made)

    def _report(self, daemon_set: Object, digest: str, nodes: list[str], pods: dict[str, list[Object]]) -> None:
        seconds = daemon_set["spec"].get("minReadySeconds", 0)
        placed = {node: pods[node] for node in nodes if pods[node]}
        misplaced = [node for node, found in pods.items() if found and node not in nodes]
        available = sum(any(_is_up(pod, seconds) for pod in found) for found in placed.values())
        status = {
            "currentNumberScheduled": len(placed),
            "numberMisscheduled": len(misplaced),
            "desiredNumberScheduled": len(nodes),
            "numberReady": sum(any(is_ready(pod) for pod in found) for found in placed.values()),
            "observedGeneration": daemon_set["metadata"]["generation"],
            "updatedNumberScheduled": sum(any(_hash_of(pod) == digest for pod in found) for found in placed.values()),
            "numberAvailable": available,
            "numberUnavailable": len(nodes) - available,
        }
        always = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
        status = {field: value for field, value in status.items() if value or field in always}
        self._registry.update(DAEMONSETS, {**daemon_set, "status": status}, subresource="status")


def _template(daemon_set: Object, digest: str) -> Object:
    template: Object = copied(daemon_set["spec"]["template"])
    generation = (daemon_set["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1")
    labels = template["metadata"].get("labels") or {}
    template["metadata"]["labels"] = {**labels, HASH: digest, GENERATION: generation}
    tolerations = template["spec"].setdefault("tolerations", [])
    troubles = dict(TROUBLES)
    if template["spec"].get("hostNetwork"):
        troubles["network-unavailable"] = "NoSchedule"
    for trouble, effect in troubles.items():
        toleration = {"key": f"node.kubernetes.io/{trouble}", "operator": "Exists", "effect": effect}
        if toleration not in tolerations:
            tolerations.append(toleration)
    return template


def _node_of(pod: Object) -> str:
    """Where it runs, or is meant to."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    return next(iter(named_nodes(pod["spec"]) or ()), "")


def _is_up(pod: Object, min_ready_seconds: int) -> bool:
    return not _is_leaving(pod) and unavailable_for(pod, min_ready_seconds) == 0


def _hash_of(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(HASH, ""))


def _is_leaving(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _phase(pod: Object) -> str:
    return str(pod.get("status", {}).get("phase", ""))
