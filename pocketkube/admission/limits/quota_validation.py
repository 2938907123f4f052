"""Validation of ResourceQuotas: k8s.io/kubernetes/pkg/apis/core/validation"""

from __future__ import annotations

from pocketkube.admission.formats import compact, quoted
from pocketkube.admission.limits.resource_names import OF_PODS, amount, is_of_quotas, quota_name
from pocketkube.admission.metadata_validation import IMMUTABLE
from pocketkube.errors import Cause
from pocketkube.store import Object

EXISTING = ("BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity")
SCOPES = (*EXISTING, "PriorityClass", "VolumeAttributesClass")
OPPOSITES = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})
NOT_OF_SCOPE = "unsupported scope applied to resource"
ONLY_EXISTS = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
    "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)


def resource_quota(spec: Object) -> list[Cause]:
    causes = []
    hard = spec.get("hard") or {}
    for name, text in hard.items():
        causes += quota_name(name, f"spec.hard[{name}]") + amount(name, text, f"spec.hard[{name}]")
    causes += _scopes(spec.get("scopes") or [], sorted(hard))
    if "scopeSelector" in spec:
        causes += _selector(spec, sorted(hard), "spec.scopeSelector.matchExpressions")
    return causes


def validate_update(new: Object, old: Object) -> list[Cause]:
    """`new` and `old`: specs."""
    scopes = new.get("scopes") or []
    if set(scopes) == set(old.get("scopes") or ()):
        return []
    return [Cause.invalid("spec.scopes", compact(scopes or None), IMMUTABLE)]


def _scopes(scopes: list[str], hard: list[str]) -> list[Cause]:
    causes = []
    for scope in scopes:
        if scope not in SCOPES:
            causes.append(Cause.invalid("spec.scopes", compact(scopes), "unsupported scope"))
        causes += [
            Cause.invalid("spec.scopes", compact(scopes), NOT_OF_SCOPE)
            for name in hard
            if is_of_quotas(name) and not _fits(scope, name)
        ]
    return causes + [
        Cause.invalid("spec.scopes", compact(scopes), "conflicting scopes") for pair in OPPOSITES if pair <= set(scopes)
    ]


def _selector(spec: Object, hard: list[str], field: str) -> list[Cause]:
    found = spec["scopeSelector"].get("matchExpressions") or []
    internal = [  # Go's own struct
        {"ScopeName": each.get("scopeName", ""), "Operator": each.get("operator", ""), "Values": each.get("values")}
        for each in found
    ]
    causes = []
    for each in found:
        scope, operator, values = each.get("scopeName", ""), each.get("operator", ""), each.get("values") or []
        if scope not in SCOPES:
            causes.append(Cause.invalid(f"{field}.scopeName", quoted(scope), "unsupported scope"))
        causes += [
            Cause.invalid(field, compact({"MatchExpressions": internal}), NOT_OF_SCOPE)
            for name in hard
            if is_of_quotas(name) and not _fits(scope, name)
        ]
        if scope in EXISTING and operator != "Exists":
            causes.append(Cause.invalid(f"{field}.operator", quoted(operator), ONLY_EXISTS))
        if operator in ("In", "NotIn"):
            if not values:
                what = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                causes.append(Cause.required(f"{field}.values", what))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                what = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
                causes.append(Cause.invalid(f"{field}.values", compact(values), what))
        else:
            causes.append(Cause.invalid(f"{field}.operator", quoted(operator), "not a valid selector operator"))
    named = {each.get("scopeName", "") for each in found}
    scopes = compact(spec.get("scopes") or None)
    return causes + [Cause.invalid(field, scopes, "conflicting scopes") for pair in OPPOSITES if pair <= named]


def _fits(scope: str, name: str) -> bool:
    """Whether what is counted is told apart by the scope."""
    if scope == "BestEffort":
        return name == "pods"
    if scope == "VolumeAttributesClass":
        return name in ("persistentvolumeclaims", "requests.storage")
    return scope not in SCOPES or name == "pods" or name in OF_PODS
