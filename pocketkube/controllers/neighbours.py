"""Which Pods may be near which: affinity, anti-affinity and topology spread between Pods.

Sources: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity
https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.label_selector import selects
from pocketkube.placement.node_fit import is_tolerated, is_wanted
from pocketkube.store import Object

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
NO_TOPOLOGY = "node(s) didn't match pod topology spread constraints (missing required label)"
UNEVEN = "node(s) didn't match pod topology spread constraints"
NOT_NEAR = "node(s) didn't match pod affinity rules"
TOO_NEAR = "node(s) didn't match pod anti-affinity rules"
UNWELCOME = "node(s) didn't satisfy existing pods anti-affinity rules"


class Neighbours:
    """What the rules of one Pod, and those of the Pods that run, say of each node."""

    def __init__(self, pod: Object, nodes: list[Object], others: list[Object], namespaces: list[Object]) -> None:
        self._pod = pod
        self._namespaces = {each["metadata"]["name"]: each["metadata"].get("labels") or {} for each in namespaces}
        self._nodes = nodes
        self._labels = {node["metadata"]["name"]: node["metadata"].get("labels") or {} for node in nodes}
        self._others = [each for each in others if each.get("status", {}).get("phase") not in ("Succeeded", "Failed")]

    def refusal(self, node: Object) -> tuple[list[str], bool]:
        """Why the Pod may not be on the node, and whether no preemption could help."""
        labels = self._labels[node["metadata"]["name"]]
        for constraint in self._pod["spec"].get("topologySpreadConstraints") or ():
            if constraint["whenUnsatisfiable"] != "DoNotSchedule":
                continue
            if constraint["topologyKey"] not in labels:
                return [NO_TOPOLOGY], True
            if self._is_uneven(constraint, labels[constraint["topologyKey"]]):
                return [UNEVEN], False
        for term in _terms(self._pod, "podAffinity"):
            if not self._is_near(term, labels):
                return [NOT_NEAR], True
        for term in _terms(self._pod, "podAntiAffinity"):
            if any(self._same(term, labels, other) for other in self._chosen(self._pod, term)):
                return [TOO_NEAR], False
        for other in self._others:
            for term in _terms(other, "podAntiAffinity"):
                if self._same(term, labels, other) and self._chooses(other, term, self._pod):
                    return [UNWELCOME], False
        return [], False

    def preference(self, node: Object) -> int:
        """How much the Pod would like to be there: the weight of a term counts for every Pod that it is about."""
        labels = self._labels[node["metadata"]["name"]]
        liked = self._weight("podAffinity", labels) - self._weight("podAntiAffinity", labels)
        return liked - sum(
            self._count(constraint, labels[constraint["topologyKey"]])
            for constraint in self._pod["spec"].get("topologySpreadConstraints") or ()
            if constraint["whenUnsatisfiable"] == "ScheduleAnyway" and constraint["topologyKey"] in labels
        )

    def _weight(self, kind: str, labels: dict[str, str]) -> int:
        preferred = ((self._pod["spec"].get("affinity") or {}).get(kind) or {}).get(PREFERRED) or ()
        return sum(
            int(each["weight"])
            for each in preferred
            for other in self._chosen(self._pod, each["podAffinityTerm"])
            if self._same(each["podAffinityTerm"], labels, other)
        )

    def _count(self, constraint: Object, domain: str) -> int:
        """How many Pods that the constraint spreads are in the domain."""
        key, selector = constraint["topologyKey"], constraint.get("labelSelector") or {}
        return sum(
            self._labels.get(other["spec"]["nodeName"], {}).get(key) == domain
            and other["metadata"]["namespace"] == self._pod["metadata"]["namespace"]
            and selects(selector, other["metadata"].get("labels") or {})
            and "deletionTimestamp" not in other["metadata"]
            for other in self._others
        )

    def _is_uneven(self, constraint: Object, domain: str) -> bool:
        domains = {
            value
            for node in self._nodes
            if (value := self._labels[node["metadata"]["name"]].get(constraint["topologyKey"])) is not None
            and self._counts(constraint, node)
        }
        counts = {each: self._count(constraint, each) for each in domains}
        itself = selects(constraint.get("labelSelector") or {}, self._pod["metadata"].get("labels") or {})
        least = min(counts.values(), default=0) if len(counts) >= constraint.get("minDomains", 1) else 0
        return counts.get(domain, 0) + itself - least > int(constraint["maxSkew"])

    def _counts(self, constraint: Object, node: Object) -> bool:
        """Whether the node is one of those among which the Pods are spread."""
        spec = self._pod["spec"]
        if constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and not is_wanted(spec, node):
            return False
        return constraint.get("nodeTaintsPolicy") != "Honor" or is_tolerated(spec, node)

    def _is_near(self, term: Object, labels: dict[str, str]) -> bool:
        """Beside one of those it wants; the first of a group that wants each other may be anywhere."""
        chosen = list(self._chosen(self._pod, term))
        if not chosen and self._chooses(self._pod, term, self._pod):
            return term["topologyKey"] in labels
        return any(self._same(term, labels, other) for other in chosen)

    def _chosen(self, pod: Object, term: Object) -> Iterable[Object]:
        return (other for other in self._others if self._chooses(pod, term, other))

    def _chooses(self, pod: Object, term: Object, other: Object) -> bool:
        """Whether the term of `pod` is about `other`."""
        namespace, selector = other["metadata"]["namespace"], term.get("namespaceSelector")
        named = term.get("namespaces") or ([pod["metadata"]["namespace"]] if selector is None else [])
        if namespace not in named and (selector is None or not selects(selector, self._namespaces.get(namespace, {}))):
            return False
        labels = term.get("labelSelector")
        return labels is not None and selects(labels, other["metadata"].get("labels") or {})

    def _same(self, term: Object, labels: dict[str, str], other: Object) -> bool:
        key = term["topologyKey"]
        return key in labels and self._labels.get(other["spec"]["nodeName"], {}).get(key) == labels[key]


def _terms(pod: Object, kind: str) -> list[Object]:
    return list(((pod["spec"].get("affinity") or {}).get(kind) or {}).get(REQUIRED) or ())
