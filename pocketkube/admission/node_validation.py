"""Validation of Nodes: k8s.io/kubernetes/pkg/apis/core/validation, ValidateNode and ValidateNodeUpdate."""

from __future__ import annotations

from pocketkube.admission.formats import label_value_problems, qualified_name, quoted
from pocketkube.errors import Cause
from pocketkube.store import Object

EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"]


def validate(node: Object) -> list[Cause]:
    """The taints; Kubernetes names them as if they lay in the metadata."""
    causes, seen = [], set()
    for number, taint in enumerate((node.get("spec") or {}).get("taints") or ()):
        field = f"metadata.taints[{number}]"
        key, value, effect = (taint.get(name, "") for name in ("key", "value", "effect"))
        causes += qualified_name(key, f"{field}.key")
        causes += [Cause.invalid(f"{field}.value", quoted(value), why) for why in label_value_problems(value)]
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


def validate_update(new: Object, old: Object) -> list[Cause]:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    return [
        Cause.forbidden(f"spec.{field}", f'node updates may not change {name} except from "" to valid')
        for field, name in (("podCIDRs", "podCIDR"), ("providerID", "providerID"))
        if before.get(field) and after.get(field) != before[field]
    ]
