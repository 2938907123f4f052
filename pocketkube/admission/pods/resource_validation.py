"""Validation of what containers and Pods ask for: k8s.io/kubernetes/pkg/apis/core/validation"""

from __future__ import annotations

from collections.abc import Callable, Set

from pocketkube.admission.formats import dns_label, quoted
from pocketkube.admission.limits.resource_names import HUGE_PAGES, amount, any_name, container_name, may_overcommit
from pocketkube.errors import Cause
from pocketkube.quantity import Quantity, parse
from pocketkube.store import Object

NameRule = Callable[[str, str], list[Cause]]
OF_WHOLE_PODS = ["cpu", HUGE_PAGES, "memory"]


def container_resources(resources: Object, field: str, pod_claims: Set[str]) -> list[Cause]:
    """Known names, nothing negative, no request beyond its limit. `pod_claims`: names of the Pod's resourceClaims."""
    return _requirements(resources, field, container_name) + _claims(resources.get("claims") or [], field, pod_claims)


def pod_resources(spec: Object, field: str) -> list[Cause]:
    """Of the Pod as a whole (KEP-2837): no less than its containers ask for, and no limit of theirs beyond it."""
    own = spec.get("resources")
    if own is None:
        return []
    causes = []
    if "claims" in own:
        what = "claims cannot be set for Resources at pod-level"
        causes.append(Cause.forbidden(f"{field}.claims", what))
    causes += _requirements(own, field, _pod_name)
    for name, asked in _asked_by_containers(spec).items():
        given = parse((own.get("requests") or {}).get(name, "0"))
        if asked.nano > given.nano:
            what = f"must be greater than or equal to aggregate container requests of {asked}"
            causes.append(Cause.invalid(f"{field}.requests[{name}]", quoted(str(given)), what))
    limits = own.get("limits") or {}
    for number, container in enumerate(spec.get("containers") or ()):
        for name, text in ((container.get("resources") or {}).get("limits") or {}).items():
            if name in limits and parse(text).nano > parse(limits[name]).nano:
                what = f"must be less than or equal to pod limits of {limits[name]}"
                causes.append(Cause.invalid(f"{field}.containers[{number}][{name}].limits", quoted(text), what))
    return causes


def _requirements(resources: Object, field: str, name_rule: NameRule) -> list[Cause]:
    causes = []
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for kind, amounts in (("limits", limits), ("requests", requests)):
        for name, text in amounts.items():
            where = f"{field}.{kind}[{name}]"
            causes += name_rule(name, where) + amount(name, text, where)
            if kind == "requests":
                causes += _request(name, parse(text), limits, field)
            causes += _huge_pages(name, text, where)
    named = {*limits, *requests}
    if any(name.startswith(HUGE_PAGES) for name in named) and not {"cpu", "memory"} & named:
        causes.append(Cause.forbidden(field, "HugePages require cpu or memory"))
    return causes


def _request(name: str, asked: Quantity, limits: dict[str, str], field: str) -> list[Cause]:
    if name not in limits:
        what = "Limit must be set for non overcommitable resources"
        return [] if may_overcommit(name) else [Cause.required(f"{field}.limits", what)]
    limit = parse(limits[name])
    if asked.nano != limit.nano and not may_overcommit(name):
        what = f"must be equal to {name} limit of {limit}"
        return [Cause.invalid(f"{field}.requests", quoted(str(asked)), what)]
    if asked.nano <= limit.nano:
        return []
    what = f"must be less than or equal to {name} limit of {limit}"
    return [Cause.invalid(f"{field}.requests", quoted(str(asked)), what)]


def _huge_pages(name: str, text: str, field: str) -> list[Cause]:
    """https://kubernetes.io/docs/tasks/manage-hugepages/scheduling-hugepages/"""
    if not name.startswith(HUGE_PAGES):
        return []
    try:
        page = parse(name.removeprefix(HUGE_PAGES)).nano
    except ValueError:
        page = 0
    if page > 0 and parse(text).nano >= 0 and parse(text).nano % page == 0:
        return []
    return [Cause.invalid(field, quoted(text), f"{text} is not positive integer multiple of {name}")]


def _claims(claims: list[Object], field: str, pod_claims: Set[str]) -> list[Cause]:
    causes = []
    seen: set[str] = set()
    for number, claim in enumerate(claims):
        where, name, request = f"{field}.claims[{number}]", claim.get("name", ""), claim.get("request", "")
        if not name:
            causes.append(Cause.required(where))
            continue
        key = f"{name}/{request}" if request else name
        if name in seen:
            causes.append(Cause.duplicate(where, quoted(name)))
        else:
            if request:
                causes += dns_label(request, f"{where}.request")
            if key in seen or (not request and any(other.startswith(f"{name}/") for other in seen)):
                causes.append(Cause.duplicate(where, quoted(key)))
            seen.add(key)
        if name not in pod_claims:
            found = f": {', '.join(sorted(pod_claims))}" if pod_claims else " which is empty"
            what = f"must be one of the names in pod.spec.resourceClaims{found}"
            causes.append(Cause.not_found(where, f"{quoted(name)}: {what}"))
    return causes


def _pod_name(name: str, field: str) -> list[Cause]:
    causes = any_name(name, field)
    if causes or name in OF_WHOLE_PODS or name.startswith(HUGE_PAGES):
        return causes
    return [Cause.unsupported(field, quoted(name), OF_WHOLE_PODS)]


def _asked_by_containers(spec: Object) -> dict[str, Quantity]:
    """What runs at once needs together, sidecars among it; an init container by itself may need more."""
    total: dict[str, Quantity] = {}
    most: dict[str, Quantity] = {}
    sidecars: dict[str, Quantity] = {}
    for container in spec.get("initContainers") or ():
        for name, text in ((container.get("resources") or {}).get("requests") or {}).items():
            if container.get("restartPolicy") == "Always":
                sidecars[name] = sidecars.get(name, Quantity()) + parse(text)
                needed = sidecars[name]
            else:
                needed = sidecars.get(name, Quantity()) + parse(text)
            most[name] = max(most.get(name, Quantity()), needed, key=lambda each: each.nano)
    for container in spec.get("containers") or ():
        for name, text in ((container.get("resources") or {}).get("requests") or {}).items():
            total[name] = total.get(name, Quantity()) + parse(text)
    for name, extra in sidecars.items():
        total[name] = total.get(name, Quantity()) + extra
    for name, needed in most.items():
        total[name] = max(total.get(name, Quantity()), needed, key=lambda each: each.nano)
    return total
