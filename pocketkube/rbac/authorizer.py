"""What the roles allow that are bound to somebody: k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pocketkube.rbac.request import ACCOUNT, Attributes, User
from pocketkube.resources import CLUSTERROLEBINDINGS, CLUSTERROLES, ROLEBINDINGS, ROLES
from pocketkube.store import Object, Store

MASTERS = "system:masters"  # may do everything, whatever the roles say


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason`: by which binding it is allowed, or which role of a binding is not there."""

    allowed: bool
    reason: str = ""


def decide(store: Store, user: User, wanted: Attributes) -> Decision:
    if MASTERS in user.groups:
        return Decision(allowed=True)
    missing: list[str] = []
    for binding, subject, rules in _bound(store, user, wanted.namespace, missing):
        if any(covers(rule, wanted) for rule in rules):
            return Decision(allowed=True, reason=f"RBAC: allowed by {_described(binding, subject)}")
    return Decision(allowed=False, reason=_problems(missing))


def rules_of(store: Store, user: User, namespace: str) -> tuple[list[Object], str]:
    """(every PolicyRule that holds for somebody in a namespace, which roles of their bindings are not there)"""
    missing: list[str] = []
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    found = [everything, {"verbs": ["*"], "nonResourceURLs": ["*"]}] if MASTERS in user.groups else []
    for _, _, rules in _bound(store, user, namespace, missing):
        found += rules
    return found, ", ".join(missing)


def covers(rule: Object, wanted: Attributes) -> bool:
    if not _has(rule, "verbs", wanted.verb):
        return False
    if not wanted.resource:
        return any(_path_fits(url, wanted.path) for url in rule.get("nonResourceURLs") or ())
    subresource = wanted.resource.partition("/")[2]
    resources = {wanted.resource, "*"} | ({f"*/{subresource}"} if subresource else set())
    names = rule.get("resourceNames")
    return (
        _has(rule, "apiGroups", wanted.group)
        and not resources.isdisjoint(rule.get("resources") or ())
        and (not names or wanted.name in names)
    )


def _bound(
    store: Store, user: User, namespace: str, missing: list[str]
) -> Iterator[tuple[Object, Object, list[Object]]]:
    """(binding, the subject by which it applies, its role's rules); in `missing` goes which role is not there."""
    bindings = store.list(CLUSTERROLEBINDINGS)
    if namespace:
        bindings = [*bindings, *store.list(ROLEBINDINGS, namespace)]
    for binding in bindings:
        subject = next((each for each in binding.get("subjects") or () if _is(user, each, binding)), None)
        if subject is None:
            continue
        reference = binding["roleRef"]
        of_namespace = reference["kind"] == "Role"
        role = store.find(ROLES if of_namespace else CLUSTERROLES, namespace * of_namespace, reference["name"])
        if role is None:
            missing.append(f'{reference["kind"].lower()}.rbac.authorization.k8s.io "{reference["name"]}" not found')
        else:
            yield binding, subject, role.get("rules") or []


def _is(user: User, subject: Object, binding: Object) -> bool:
    kind, name = subject["kind"], subject["name"]
    if kind == "ServiceAccount":
        namespace = subject.get("namespace") or binding["metadata"].get("namespace", "")
        return user.name == f"{ACCOUNT}{namespace}:{name}"
    return name in user.groups if kind == "Group" else user.name == name


def _described(binding: Object, subject: Object) -> str:
    metadata, reference = binding["metadata"], binding["roleRef"]
    namespace = metadata.get("namespace", "")
    name = f"{metadata['name']}/{namespace}" if namespace else metadata["name"]
    who = subject["name"]
    if subject["kind"] == "ServiceAccount":
        who = f"{who}/{subject.get('namespace') or namespace}"
    return f'{binding["kind"]} "{name}" of {reference["kind"]} "{reference["name"]}" to {subject["kind"]} "{who}"'


def _problems(missing: list[str]) -> str:
    if not missing:
        return ""
    return f"RBAC: {missing[0]}" if len(missing) == 1 else f"RBAC: [{', '.join(missing)}]"


def _has(rule: Object, field: str, value: str) -> bool:
    return not {value, "*"}.isdisjoint(rule.get(field) or ())


def _path_fits(url: str, path: str) -> bool:
    return url in ("*", path) or (url.endswith("*") and path.startswith(url.rstrip("*")))
