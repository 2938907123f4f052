"""Validation of LimitRanges: k8s.io/kubernetes/pkg/apis/core/validation"""

from __future__ import annotations

from pocketkube.admission.formats import qualified_name, quoted
from pocketkube.admission.limits.resource_names import any_name, container_name, may_overcommit
from pocketkube.errors import Cause
from pocketkube.quantity import UNIT, parse
from pocketkube.store import Object

TYPES = ("Container", "PersistentVolumeClaim", "Pod")
ORDERED = ("min", "max", "default", "defaultRequest")
RATIO = "maxLimitRequestRatio"


def limit_range(spec: Object) -> list[Cause]:
    causes = []
    types: set[str] = set()
    for number, item in enumerate(spec.get("limits") or ()):
        field, kind = f"spec.limits[{number}]", item.get("type", "")
        causes += _type(kind, f"{field}.type")
        if kind in types:
            causes.append(Cause.duplicate(f"{field}.type", quoted(kind)))
        types.add(kind)
        causes += _names(item, ("max", "min"), field)
        if kind == "Pod":
            what = "may not be specified when `type` is 'Pod'"
            misplaced = [each for each in ("default", "defaultRequest") if item.get(each)]
            causes += [Cause.forbidden(f"{field}.{each}", what) for each in misplaced]
        else:
            causes += _names(item, ("default", "defaultRequest"), field)
        if kind == "PersistentVolumeClaim" and not any("storage" in (item.get(each) or {}) for each in ("min", "max")):
            what = "either minimum or maximum storage value is required, but neither was provided"
            causes.append(Cause.required(f"{field}.limits", what))
        causes += _names(item, (RATIO,), field)
        counted = ("min", "max") if kind == "Pod" else ORDERED
        looked_at = {each: item[each] for each in (*counted, RATIO) if item.get(each)}
        for name in sorted({name for amounts in looked_at.values() for name in amounts}):
            causes += _order(looked_at, name, field) + _ratio(looked_at, name, field) + _same(looked_at, name, field)
    return causes


def _type(kind: str, field: str) -> list[Cause]:
    causes = qualified_name(kind, field)
    if causes or "/" in kind or kind in TYPES:
        return causes
    return [Cause.invalid(field, quoted(kind), "must be a standard limit type or fully qualified")]


def _names(item: Object, parts: tuple[str, ...], field: str) -> list[Cause]:
    rule = container_name if item.get("type") in ("Container", "Pod") else any_name
    return [cause for part in parts for name in item.get(part) or {} for cause in rule(name, f"{field}.{part}[{name}]")]


def _order(item: Object, name: str, field: str) -> list[Cause]:
    """min <= defaultRequest <= default <= max, of those that are given."""
    # lesser, greater, which of them is at fault, its value, and the names of both
    rules = (
        ("min", "max", "min", "min", "min value", "max value"),
        ("min", "defaultRequest", "defaultRequest", "defaultRequest", "min value", "default request value"),
        ("defaultRequest", "max", "defaultRequest", "defaultRequest", "default request value", "max value"),
        (
            "defaultRequest",
            "default",
            "defaultRequest",
            "defaultRequest",
            "default request value",
            "default limit value",
        ),
        ("min", "default", "default", "min", "min value", "default value"),
        ("default", "max", "default", "max", "default value", "max value"),
    )
    causes = []
    for less, more, blamed, shown, less_name, more_name in rules:
        low, high = (item.get(less) or {}).get(name), (item.get(more) or {}).get(name)
        if low is not None and high is not None and parse(low).nano > parse(high).nano:
            what = f"{less_name} {low} is greater than {more_name} {high}"
            causes.append(Cause.invalid(f"{field}.{blamed}[{name}]", quoted(item[shown][name]), what))
    return causes


def _ratio(item: Object, name: str, field: str) -> list[Cause]:
    """At least 1, and no more than lies between min and max."""
    text = (item.get(RATIO) or {}).get(name)
    if text is None:
        return []
    where, causes, ratio = f"{field}.{RATIO}[{name}]", [], parse(text).nano / UNIT
    if ratio < 1:
        causes.append(Cause.invalid(where, quoted(text), f"ratio {text} is less than 1"))
    low, high = (item.get("min") or {}).get(name), (item.get("max") or {}).get(name)
    if low is not None and high is not None and parse(low).nano:
        most = parse(high).nano / parse(low).nano
        if ratio > most:
            causes.append(Cause.invalid(where, quoted(text), f"ratio {text} is greater than max/min = {most:f}"))
    return causes


def _same(item: Object, name: str, field: str) -> list[Cause]:
    """Default and request, of what is never promised twice."""
    limit, request = (item.get("default") or {}).get(name), (item.get("defaultRequest") or {}).get(name)
    if may_overcommit(name) or limit is None or request is None or parse(limit).nano == parse(request).nano:
        return []
    what = f"default value {limit} must equal to defaultRequest value {request} in {name}"
    return [Cause.invalid(f"{field}.defaultRequest[{name}]", quoted(request), what)]
