"""Validation of amounts: what containers ask for, LimitRanges, ResourceQuotas.

Source: k8s.io/kubernetes/pkg/apis/core/validation
"""

from __future__ import annotations

import json
import re

from pocketkube.admission.formats import qualified_name, quoted
from pocketkube.errors import Cause
from pocketkube.quantity import UNIT, Quantity, parse
from pocketkube.store import Object

NEGATIVE = "must be greater than or equal to 0"
QUOTA_RESOURCES = {
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
}
CONTAINER_RESOURCES = ("cpu", "memory", "ephemeral-storage")
QUALIFIED = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9_.]*/[a-zA-Z0-9][-a-zA-Z0-9_.]*")


def container_resources(resources: Object, field: str) -> list[Cause]:
    """Known names, nothing negative, and no request beyond its limit."""
    causes = []
    limits = resources.get("limits") or {}
    for kind in ("limits", "requests"):
        for name, text in (resources.get(kind) or {}).items():
            amount, where = parse(text), f"{field}.{kind}[{name}]"
            causes += _container_resource_name(name, where)
            if amount.nano < 0:
                causes.append(Cause.invalid(where, quoted(text), NEGATIVE))
            if "/" in name and amount.nano % UNIT:
                causes.append(Cause.invalid(where, quoted(text), "must be an integer"))
            if kind == "requests":
                causes += _request(name, amount, limits, field)
    return causes


def _container_resource_name(name: str, field: str) -> list[Cause]:
    if "/" in name:
        return qualified_name(name, field)
    if name in CONTAINER_RESOURCES or name.startswith("hugepages-"):
        return []
    problems = [] if name in QUOTA_RESOURCES else ["must be a standard resource type or fully qualified"]
    problems.append("must be a standard resource for containers")
    return qualified_name(name, field) + [Cause.invalid(field, quoted(name), why) for why in problems]


def _request(name: str, amount: Quantity, limits: dict[str, str], field: str) -> list[Cause]:
    shared = "/" not in name and not name.startswith("hugepages-")  # more may be asked for than there is
    if name not in limits:
        what = "Limit must be set for non overcommitable resources"
        return [] if shared else [Cause.required(f"{field}.limits", what)]
    limit = parse(limits[name])
    if amount.nano != limit.nano and not shared:
        what = f"must be equal to {name} limit of {limit}"
        return [Cause.invalid(f"{field}.requests", quoted(str(amount)), what)]
    if amount.nano <= limit.nano:
        return []
    what = f"must be less than or equal to {name} limit of {limit}"
    return [Cause.invalid(f"{field}.requests", quoted(str(amount)), what)]


def resource_quota(spec: Object) -> list[Cause]:
    causes = []
    for name, text in (spec.get("hard") or {}).items():
        field = f"spec.hard[{name}]"
        if name not in QUOTA_RESOURCES and not QUALIFIED.fullmatch(name):
            causes.append(Cause.invalid(field, quoted(name), "must be a standard resource for quota"))
        if parse(text).nano < 0:
            causes.append(Cause.invalid(field, quoted(text), NEGATIVE))
    return causes


def limit_range(spec: Object) -> list[Cause]:
    causes = []
    types: set[str] = set()
    for number, item in enumerate(spec.get("limits") or ()):
        field = f"spec.limits[{number}]"
        if item["type"] in types:
            causes.append(Cause.duplicate(f"{field}.type", json.dumps(item["type"])))
        types.add(item["type"])
        if item["type"] == "Pod":
            what = "may not be specified when `type` is 'Pod'"
            causes += [
                Cause.forbidden(f"{field}.{each}", what) for each in ("default", "defaultRequest") if item.get(each)
            ]
        elif item["type"] == "PersistentVolumeClaim" and not _bounds_storage(item):
            what = "either minimum or maximum storage value is required, but neither was provided"
            causes.append(Cause.required(f"{field}.limits", what))
        causes += _order(item, field)
    return causes


def _bounds_storage(item: Object) -> bool:
    return any("storage" in (item.get(kind) or {}) for kind in ("min", "max"))


def _order(item: Object, field: str) -> list[Cause]:
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
    for name in sorted({name for each in ("min", "max", "default", "defaultRequest") for name in item.get(each) or {}}):
        for less, more, blamed, shown, less_name, more_name in rules:
            low, high = (item.get(less) or {}).get(name), (item.get(more) or {}).get(name)
            if low is not None and high is not None and parse(low).nano > parse(high).nano:
                what = f"{less_name} {low} is greater than {more_name} {high}"
                causes.append(Cause.invalid(f"{field}.{blamed}[{name}]", quoted(item[shown][name]), what))
    return causes
