"""Validation of Nodes: k8s.io/kubernetes/pkg/apis/core/validation, ValidateNode and ValidateNodeUpdate."""

from __future__ import annotations

from pocketkube.admission import addresses
from pocketkube.admission.formats import compact, label_value_problems, qualified_name, quoted
from pocketkube.admission.limits.resource_names import amount
from pocketkube.errors import Cause
from pocketkube.store import Object

EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]


def validate(node: Object) -> list[Cause]:
    spec = node.get("spec") or {}
    causes = _taints(spec.get("taints") or []) + _amounts(node.get("status") or {})
    ranges, field = spec.get("podCIDRs") or [], "spec.podCIDRs"
    for number, text in enumerate(ranges):
        causes += addresses.cidr(text, f"{field}[{number}]")
    if len(ranges) > 1 and (len(ranges) > 2 or (":" in ranges[0]) == (":" in ranges[1])):
        what = "may specify no more than one CIDR for each IP family"
        causes.append(Cause.invalid(field, compact(ranges), what))
    return causes + [
        Cause.duplicate(f"{field}[{number}]", quoted(text))
        for number, text in enumerate(ranges)
        if text in ranges[:number]
    ]


def validate_update(new: Object, old: Object) -> list[Cause]:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    causes = _amounts(new.get("status") or {})
    for field, name in (("podCIDRs", "podCIDR"), ("providerID", "providerID")):
        if before.get(field) and after.get(field) != before[field]:
            what = f'node updates may not change {name} except from "" to valid'
            causes.append(Cause.forbidden(f"spec.{field}", what))
    return causes + _taints(after.get("taints") or [])


def _amounts(status: Object) -> list[Cause]:
    return [
        cause
        for kind in ("capacity", "allocatable")
        for name, text in (status.get(kind) or {}).items()
        for cause in amount(name, text, f"status.{kind}.{name}")
    ]


def _taints(taints: list[Object]) -> list[Cause]:
    """Kubernetes names them as if they lay in the metadata."""
    causes, seen = [], set()
    for number, taint in enumerate(taints):
        field = f"metadata.taints[{number}]"
        key, value, effect = (taint.get(name, "") for name in ("key", "value", "effect"))
        causes += qualified_name(key, f"{field}.key")
        problems = label_value_problems(value)
        if problems:
            causes.append(Cause.invalid(f"{field}.value", quoted(value), ";".join(problems)))
        if not effect:
            causes.append(Cause.required(f"{field}.effect"))
        elif effect not in EFFECTS:
            causes.append(Cause.unsupported(f"{field}.effect", quoted(effect), EFFECTS))
        if (key, effect) in seen:
            shown = f'{{"Key":{quoted(key)},"Value":{quoted(value)},"Effect":{quoted(effect)},"TimeAdded":null}}'
            what = f"{shown}: taints must be unique by key and effect pair"
            causes.append(Cause.duplicate(field, what))
        seen.add((key, effect))
    return causes
