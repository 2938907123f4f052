"""PodDisruptionBudgets' status: how many Pods each covers, how many of them are healthy, and how many may go.

Source: k8s.io/kubernetes/pkg/controller/disruption/disruption.go
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from pocketkube.controllers.reconcile import Key, controller_of, follow, key_of, seconds_since, share, soonest
from pocketkube.disruption.budgets import SYNC_FAILED, covers, set_allowed, set_condition
from pocketkube.events import EventRecorder
from pocketkube.json_copy import copied
from pocketkube.pod_readiness import is_ready
from pocketkube.registry import Registry
from pocketkube.resources import DEPLOYMENTS, PODDISRUPTIONBUDGETS, PODS, REPLICASETS, SERVED, Resource
from pocketkube.store import Event, Object

DELETION_TIMEOUT = 120.0  # seconds in which a Pod whose eviction was allowed has to go
SCALED = tuple(resource for resource in SERVED if resource.has_scale)


class _CannotTell(Exception):
    """How many Pods there should be cannot be found out."""


class DisruptionController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "controllermanager")

    async def run(self) -> None:
        await follow(self._store, (PODDISRUPTIONBUDGETS, PODS, *SCALED), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is PODDISRUPTIONBUDGETS:
            return [key_of(event.object)]
        budgets = self._store.list(PODDISRUPTIONBUDGETS, event.object["metadata"]["namespace"])
        if event.resource is PODS:
            budgets = [budget for budget in budgets if covers(budget, event.object)]
        return [key_of(budget) for budget in budgets]

    def reconcile(self, key: Key) -> float | None:
        budget = self._store.find(PODDISRUPTIONBUDGETS, *key)
        if budget is None:
            return None
        new = copied(budget)
        status, generation = new["status"], budget["metadata"]["generation"]
        pods = [pod for pod in self._store.list(PODS, key[0]) if covers(budget, pod)]
        if not pods:
            self._recorder.event(budget, "Normal", "NoPods", "No matching pods found")
        try:
            expected, desired = self._expected_and_desired(budget, pods)
        except _CannotTell as error:
            what = f"Failed to calculate the number of expected pods: {error}"
            self._recorder.event(budget, "Warning", "CalculateExpectedPodCountFailed", what)
            status["disruptionsAllowed"] = 0
            set_condition(status, "False", SYNC_FAILED, str(error))
            self._registry.update(PODDISRUPTIONBUDGETS, new, subresource="status")
            return None
        going = _still_going(status.get("disruptedPods") or {}, pods)
        staying = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        healthy = sum(is_ready(pod) for pod in staying if pod["metadata"]["name"] not in going)
        status.pop("disruptedPods", None)
        if going:
            status["disruptedPods"] = going
        status |= {
            "currentHealthy": healthy,
            "desiredHealthy": desired,
            "expectedPods": expected,
            "observedGeneration": generation,
        }
        set_allowed(status, max(healthy - desired, 0) if expected else 0)
        self._registry.update(PODDISRUPTIONBUDGETS, new, subresource="status")
        return soonest(*(DELETION_TIMEOUT - seconds_since(since) for since in going.values()))

    def _expected_and_desired(self, budget: Object, pods: list[Object]) -> tuple[int, int]:
        spec = budget.get("spec") or {}
        least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
        if most is not None:
            expected = self._expected(budget, pods)
            return expected, max(expected - share(most, expected, ceil), 0)
        if isinstance(least, str):
            expected = self._expected(budget, pods)
            return expected, share(least, expected, ceil)
        return (0, 0) if least is None else (len(pods), least)

    def _expected(self, budget: Object, pods: list[Object]) -> int:
        """How many Pods their controllers are asked for."""
        scales: dict[str, int] = {}
        for pod in pods:
            reference = controller_of(pod)
            if reference is None:
                self._tell_of_unmanaged(budget)
            elif reference["uid"] not in scales:
                uid, replicas = self._scale(pod, reference)
                scales[uid] = replicas
        return sum(scales.values())

    def _scale(self, pod: Object, reference: Object) -> tuple[str, int]:
        """(uid, replicas) of the Pod's controller; of a ReplicaSet that a Deployment controls, the Deployment's."""
        resource = _resource_of(reference)
        if resource not in SCALED:
            raise _CannotTell(f"{resource.qualified} does not implement the scale subresource")
        found = self._store.find(resource, pod["metadata"]["namespace"], reference["name"])
        if found is None or found["metadata"]["uid"] != reference["uid"]:
            raise _CannotTell(f'found no controllers for pod "{pod["metadata"]["name"]}"')
        above = controller_of(found)
        if resource is REPLICASETS and above and _resource_of(above) is DEPLOYMENTS:
            return self._scale(pod, above)
        return found["metadata"]["uid"], found["spec"]["replicas"]

    def _tell_of_unmanaged(self, budget: Object) -> None:
        selector = _as_go_prints(budget["spec"]["selector"])
        what = (
            f"Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. As a "
            "result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To "
            'account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
        )
        self._recorder.event(budget, "Warning", "UnmanagedPods", what)


def _resource_of(reference: Object) -> Resource:
    for resource in SERVED:
        if (resource.api_version, resource.kind) == (reference["apiVersion"], reference["kind"]):
            return resource
    raise _CannotTell(f'no matches for kind "{reference["kind"]}" in version "{reference["apiVersion"]}"')


def _still_going(disrupted: dict[str, str], pods: list[Object]) -> dict[str, str]:
    """Of the Pods whose eviction was allowed those whose deletion is still to come."""
    there = {pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}
    return {
        name: since for name, since in disrupted.items() if name in there and seconds_since(since) < DELETION_TIMEOUT
    }


def _as_go_prints(selector: Object) -> str:
    """A *metav1.LabelSelector by %v."""
    labels = [f"{key}: {value}," for key, value in sorted((selector.get("matchLabels") or {}).items())]
    expressions = [
        f"LabelSelectorRequirement{{Key:{each['key']},Operator:{each['operator']},Values:[{values}],}},"
        for each in selector.get("matchExpressions") or ()
        for values in [" ".join(each.get("values") or ())]
    ]
    wanted = f"MatchLabels:map[string]string{{{''.join(labels)}}},"
    return f"&LabelSelector{{{wanted}MatchExpressions:[]LabelSelectorRequirement{{{''.join(expressions)}}},}}"
