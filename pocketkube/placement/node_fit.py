"""Whether a Pod may go to a node: taints, node selectors and affinity.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/
"""

from __future__ import annotations

from collections.abc import Mapping

from pocketkube.store import Object

UNSCHEDULABLE = "node(s) were unschedulable"
TAINTED = "node(s) had untolerated taint(s)"
NOT_NAMED = "node(s) didn't satisfy plugin(s) [NodeAffinity]"
UNMATCHED = "node(s) didn't match Pod's node affinity/selector"


def refusal(spec: Object, node: Object) -> str:
    """Why a Pod of that specification cannot go to the node, in the scheduler's words; "" when it can."""
    if node["spec"].get("unschedulable") and not tolerates(spec.get("tolerations") or (), CORDONED):
        return UNSCHEDULABLE
    if not is_tolerated(spec, node):
        return TAINTED
    return "" if is_wanted(spec, node) else UNMATCHED


def is_tolerated(spec: Object, node: Object, effects: tuple[str, ...] = ("NoSchedule", "NoExecute")) -> bool:
    """Whether a Pod of that specification tolerates the node's taints that have one of the `effects`."""
    tolerations = spec.get("tolerations") or ()
    taints = node["spec"].get("taints") or ()
    return all(each["effect"] not in effects or tolerates(tolerations, each) for each in taints)


CORDONED: Object = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def is_wanted(spec: Object, node: Object) -> bool:
    """Whether nodeSelector and required node affinity choose the node."""
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in (spec.get("nodeSelector") or {}).items()):
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    if required is None:
        return True
    fields = {"metadata.name": node["metadata"]["name"]}
    return any(_matches(term, labels, fields) for term in required.get("nodeSelectorTerms") or ())


def named_nodes(spec: Object) -> set[str] | None:
    """The nodes that required node affinity names, as that of a DaemonSet's Pods does; None when it may be any."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    terms = (affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}).get("nodeSelectorTerms") or ()
    names: set[str] = set()
    for term in terms:
        fields = [each for each in term.get("matchFields") or () if each["operator"] == "In"]
        if not fields:
            return None
        names |= set.intersection(*(set(each["values"]) for each in fields))
    return names if terms else None


def preference(spec: Object, node: Object) -> int:
    """The weight of the preferred node affinity terms that the node matches."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    labels = node["metadata"].get("labels") or {}
    fields = {"metadata.name": node["metadata"]["name"]}
    preferred = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    return sum(each["weight"] for each in preferred if _matches(each["preference"], labels, fields))


def avoided(spec: Object, node: Object) -> int:
    """How many taints of the node ask to prefer others (PreferNoSchedule) and are not tolerated."""
    taints = node["spec"].get("taints") or ()
    tolerations = spec.get("tolerations") or ()
    return sum(each["effect"] == "PreferNoSchedule" and not tolerates(tolerations, each) for each in taints)


def tolerates(tolerations: object, taint: Object) -> bool:
    assert isinstance(tolerations, list | tuple)
    return any(_tolerates(each, taint) for each in tolerations)


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("operator") == "Exists":
        return toleration.get("key") in (None, "", taint["key"])
    return bool(toleration.get("key") == taint["key"] and toleration.get("value", "") == taint.get("value", ""))


def _matches(term: Object, labels: Mapping[str, str], fields: Mapping[str, str]) -> bool:
    """All requirements of a term; a term without any matches nothing."""
    expressions, on_fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not on_fields:
        return False
    return all(_meets(each, labels) for each in expressions) and all(_meets(each, fields) for each in on_fields)


def _meets(requirement: Object, values: Mapping[str, str]) -> bool:
    found = values.get(requirement["key"])
    wanted: list[str] = requirement.get("values") or []
    operator: str = requirement["operator"]
    if operator in ("Exists", "DoesNotExist"):
        return (found is not None) == (operator == "Exists")
    if operator == "NotIn":
        return found not in wanted
    if found is None:
        return False
    if operator == "In":
        return found in wanted
    try:
        return int(found) > int(wanted[0]) if operator == "Gt" else int(found) < int(wanted[0])
    except ValueError:
        return False
