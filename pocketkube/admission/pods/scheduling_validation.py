"""Validation of where a Pod may run: affinity, tolerations, spread: k8s.io/kubernetes/pkg/apis/core."""

from __future__ import annotations

from pocketkube.admission import formats
from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause
from pocketkube.store import Object

EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
TOLERATION_OPERATORS = ["Equal", "Exists", "Gt", "Lt"]
NODE_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")
WHEN_UNSATISFIABLE = ["DoNotSchedule", "ScheduleAnyway"]
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def tolerations(found: list[Object], field: str) -> list[Cause]:
    causes = []
    for number, each in enumerate(found):
        where, key, operator = f"{field}[{number}]", each.get("key", ""), each.get("operator", "")
        value, effect = each.get("value", ""), each.get("effect", "")
        if key:
            causes += formats.qualified_name(key, f"{where}.key")
        elif operator != "Exists":
            what = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            causes.append(Cause.invalid(f"{where}.operator", quoted(operator), what))
        if "tolerationSeconds" in each and effect != "NoExecute":
            what = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            causes.append(Cause.invalid(f"{where}.effect", quoted(effect), what))
        if operator in ("Equal", ""):
            problems = formats.label_value_problems(value)
            if problems:
                causes.append(Cause.invalid(f"{where}.operator", quoted(value), ";".join(problems)))
        elif operator == "Exists":
            if value:
                what = "value must be empty when `operator` is 'Exists'"
                causes.append(Cause.invalid(f"{where}.operator", quoted(value), what))
        elif operator not in TOLERATION_OPERATORS:
            known = ["Equal", "Exists"]
            causes.append(Cause.unsupported(f"{where}.operator", quoted(operator), known))
        if effect and effect not in EFFECTS:
            causes.append(Cause.unsupported(f"{where}.effect", quoted(effect), EFFECTS))
    return causes


def affinity(found: Object, field: str) -> list[Cause]:
    causes = []
    node = found.get("nodeAffinity") or {}
    where = f"{field}.nodeAffinity"
    if REQUIRED in node:
        causes += node_selector(node[REQUIRED], f"{where}.{REQUIRED}")
    for number, each in enumerate(node.get(PREFERRED) or ()):
        place = f"{where}.{PREFERRED}[{number}]"
        causes += _weight(each, place)
        causes += _node_term(each.get("preference") or {}, f"{place}.preference", required=False)
    for kind in ("podAffinity", "podAntiAffinity"):
        pods = found.get(kind) or {}
        for number, term in enumerate(pods.get(REQUIRED) or ()):
            causes += _pod_term(term, f"{field}.{kind}.{REQUIRED}[{number}]")
        for number, each in enumerate(pods.get(PREFERRED) or ()):
            place = f"{field}.{kind}.{PREFERRED}[{number}]"
            causes += _weight(each, place)
            causes += _pod_term(each.get("podAffinityTerm") or {}, f"{place}.podAffinityTerm")
    return causes


def node_selector(found: Object, field: str) -> list[Cause]:
    terms, place = found.get("nodeSelectorTerms") or [], f"{field}.nodeSelectorTerms"
    if not terms:
        return [Cause.required(place, "must have at least one node selector term")]
    return [
        cause for number, term in enumerate(terms) for cause in _node_term(term, f"{place}[{number}]", required=True)
    ]


def spread(found: list[Object], field: str) -> list[Cause]:
    causes = []
    seen: set[tuple[str, str]] = set()
    for number, each in enumerate(found):
        where, key, action = f"{field}[{number}]", each.get("topologyKey", ""), each.get("whenUnsatisfiable", "")
        if each.get("maxSkew", 0) <= 0:
            causes.append(Cause.invalid(f"{where}.maxSkew", str(each.get("maxSkew", 0)), "must be greater than zero"))
        if not key:
            causes.append(Cause.required(f"{where}.topologyKey", "can not be empty"))
        if action not in WHEN_UNSATISFIABLE:
            causes.append(Cause.unsupported(f"{where}.whenUnsatisfiable", quoted(action), WHEN_UNSATISFIABLE))
        if any(
            (key, action) == (other.get("topologyKey", ""), other.get("whenUnsatisfiable", ""))
            for other in found[number + 1 :]
        ):
            causes.append(
                Cause.duplicate(f"{where}.{{topologyKey, whenUnsatisfiable}}", quoted(f"{{{key}, {action}}}"))
            )
        seen.add((key, action))
        least = each.get("minDomains")
        if least is not None and least <= 0:
            causes.append(Cause.invalid(f"{where}.minDomains", str(least), "must be greater than zero"))
        if least is not None and action != "DoNotSchedule":
            what = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
            causes.append(Cause.invalid(f"{where}.minDomains", str(least), what))
        for kind in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if kind in each and each[kind] not in ("Honor", "Ignore"):
                causes.append(Cause.unsupported(f"{where}.{kind}", quoted(each[kind]), ["Honor", "Ignore"]))
        causes += _spread_keys(each, f"{where}.matchLabelKeys")
        causes += formats.label_selector(each.get("labelSelector") or {}, f"{where}.labelSelector")
    return causes


def _spread_keys(constraint: Object, field: str) -> list[Cause]:
    keys, selector = constraint.get("matchLabelKeys") or [], constraint.get("labelSelector")
    causes = []
    if keys and selector is None:
        causes.append(Cause.forbidden(field, "must not be specified when labelSelector is not set"))
    for number, key in enumerate(keys):
        causes += formats.qualified_name(key, f"{field}[{number}]")
        if key in _keys_of(selector or {}):
            what = "exists in both matchLabelKeys and labelSelector"
            causes.append(Cause.invalid(f"{field}[{number}]", quoted(key), what))
    return causes


def _label_keys(term: Object, field: str) -> list[Cause]:
    """Keys of the Pod's own labels: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"""
    causes = []
    selector, same = term.get("labelSelector"), term.get("matchLabelKeys") or []
    for kind in ("matchLabelKeys", "mismatchLabelKeys"):
        if term.get(kind) and selector is None:
            what = "must not be specified when labelSelector is not set"
            causes.append(Cause.forbidden(f"{field}.{kind}", what))
            continue
        for number, key in enumerate(term.get(kind) or ()):
            causes += formats.qualified_name(key, f"{field}.{kind}[{number}]")
    for number, key in enumerate(same):
        if key in _keys_of(selector or {}):
            what = "exists in both matchLabelKeys and labelSelector"
            causes.append(Cause.invalid(f"{field}[{number}]", quoted(key), what))
    for number, key in enumerate(same):
        if key in (term.get("mismatchLabelKeys") or ()):
            what = "exists in both matchLabelKeys and mismatchLabelKeys"
            causes.append(Cause.invalid(f"{field}.matchLabelKeys[{number}]", quoted(key), what))
    return causes


def _keys_of(selector: Object) -> set[str]:
    return {*(selector.get("matchLabels") or {}), *(each["key"] for each in selector.get("matchExpressions") or ())}


def _weight(each: Object, field: str) -> list[Cause]:
    weight = each.get("weight", 0)
    return [] if 1 <= weight <= 100 else [Cause.invalid(f"{field}.weight", str(weight), "must be in the range 1-100")]


def _node_term(term: Object, field: str, *, required: bool) -> list[Cause]:
    """Only where the term is required are the values those of labels."""
    causes = []
    for number, each in enumerate(term.get("matchExpressions") or ()):
        where = f"{field}.matchExpressions[{number}]"
        causes += _node_requirement(each, where)
        for index, value in enumerate(each.get("values") or () if required else ()):
            problems = formats.label_value_problems(value)
            causes += [Cause.invalid(f"{where}.values[{index}]", quoted(value), why) for why in problems]
    for number, each in enumerate(term.get("matchFields") or ()):
        where, operator, values = f"{field}.matchFields[{number}]", each.get("operator", ""), each.get("values") or []
        if operator not in ("In", "NotIn"):
            causes.append(Cause.invalid(f"{where}.operator", quoted(operator), "not a valid selector operator"))
        elif len(values) != 1:
            what = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
            causes.append(Cause.required(f"{where}.values", what))
        if each.get("key") != "metadata.name":
            causes.append(Cause.invalid(f"{where}.key", quoted(each.get("key", "")), "not a valid field selector key"))
            continue
        for index, value in enumerate(values):
            causes += formats.dns_subdomain(value, f"{where}.values[{index}]")
    return causes


def _node_requirement(each: Object, field: str) -> list[Cause]:
    operator, values = each.get("operator", ""), each.get("values") or []
    causes = []
    if operator in ("In", "NotIn") and not values:
        causes.append(Cause.required(f"{field}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist") and values:
        what = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
        causes.append(Cause.forbidden(f"{field}.values", what))
    elif operator in ("Gt", "Lt") and len(values) != 1:
        causes.append(
            Cause.required(f"{field}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
        )
    elif operator not in NODE_OPERATORS:
        causes.append(Cause.invalid(f"{field}.operator", quoted(operator), "not a valid selector operator"))
    return causes + formats.qualified_name(each.get("key", ""), f"{field}.key")


def _pod_term(term: Object, field: str) -> list[Cause]:
    causes = formats.label_selector(term.get("labelSelector") or {}, f"{field}.labelSelector")
    causes += formats.label_selector(term.get("namespaceSelector") or {}, f"{field}.namespaceSelector")
    for name in term.get("namespaces") or ():
        causes += formats.dns_label(name, f"{field}.namespace")
    causes += _label_keys(term, field)
    key = term.get("topologyKey", "")
    if not key:
        causes.append(Cause.required(f"{field}.topologyKey", "can not be empty"))
    return causes + formats.qualified_name(key, f"{field}.topologyKey")
