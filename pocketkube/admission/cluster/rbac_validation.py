"""Roles and their bindings: defaults and validation: k8s.io/kubernetes/pkg/apis/rbac"""

from __future__ import annotations

from pocketkube.admission.formats import compact, path_segment_problems, quoted, subdomain_problems
from pocketkube.errors import Cause
from pocketkube.resources import CLUSTERROLES
from pocketkube.store import Object

GROUP = CLUSTERROLES.group
KINDS = ["Role", "ClusterRole"]
SUBJECTS = ["ServiceAccount", "User", "Group"]


def default_binding(binding: Object) -> None:
    reference = binding.setdefault("roleRef", {})
    reference["apiGroup"] = reference.get("apiGroup") or GROUP
    for subject in binding.get("subjects") or ():
        if not subject.get("apiGroup"):
            subject.pop("apiGroup", None)
            if subject.get("kind") in ("User", "Group"):
                subject["apiGroup"] = GROUP


def role(obj: Object) -> list[Cause]:
    return [cause for number, rule in enumerate(obj.get("rules") or ()) for cause in _rule(rule, number, inside=True)]


def cluster_role(obj: Object) -> list[Cause]:
    return [cause for number, rule in enumerate(obj.get("rules") or ()) for cause in _rule(rule, number, inside=False)]


def _rule(rule: Object, number: int, *, inside: bool) -> list[Cause]:
    """`inside`: of a namespace."""
    field, causes = f"rules[{number}]", []
    groups, resources, names = (rule.get(each) or [] for each in ("apiGroups", "resources", "resourceNames"))
    if not rule.get("verbs"):
        causes.append(Cause.required(f"{field}.verbs", "verbs must contain at least one value"))
    urls = rule.get("nonResourceURLs")
    if urls:
        where, value = f"{field}.nonResourceURLs", compact(urls)
        if inside:
            causes.append(Cause.invalid(where, value, "namespaced rules cannot apply to non-resource URLs"))
        if groups or resources or names:
            what = "rules cannot apply to both regular resources and non-resource URLs"
            causes.append(Cause.invalid(where, value, what))
        return causes
    if not groups:
        causes.append(Cause.required(f"{field}.apiGroups", "resource rules must supply at least one api group"))
    if not resources:
        causes.append(Cause.required(f"{field}.resources", "resource rules must supply at least one resource"))
    if names and len(resources) > 1:
        what = "resource names cannot apply to multiple resources"
        causes.append(Cause.required(f"{field}.resourceNames", what))
    return causes


def role_binding(binding: Object) -> list[Cause]:
    return _binding(binding, KINDS)


def cluster_role_binding(binding: Object) -> list[Cause]:
    return _binding(binding, KINDS[1:])


def _binding(binding: Object, kinds: list[str]) -> list[Cause]:
    group, kind, name = (binding["roleRef"].get(each, "") for each in ("apiGroup", "kind", "name"))
    causes = []
    if group != GROUP:
        causes.append(Cause.unsupported("roleRef.apiGroup", quoted(group), [GROUP]))
    if kind not in kinds:
        causes.append(Cause.unsupported("roleRef.kind", quoted(kind), kinds))
    if not name:
        causes.append(Cause.required("roleRef.name"))
    causes += [Cause.invalid("roleRef.name", quoted(name), why) for why in path_segment_problems(name)]
    for number, subject in enumerate(binding.get("subjects") or ()):
        causes += _subject(subject, f"subjects[{number}]", inside="Role" in kinds)
    return causes


def _subject(subject: Object, field: str, *, inside: bool) -> list[Cause]:
    kind, name, group = (subject.get(each, "") for each in ("kind", "name", "apiGroup"))
    causes = [] if name else [Cause.required(f"{field}.name")]
    if kind == "ServiceAccount":
        if name:
            causes += [Cause.invalid(f"{field}.name", quoted(name), why) for why in subdomain_problems(name)]
        if group:
            causes.append(Cause.unsupported(f"{field}.apiGroup", quoted(group), [""]))
        if not inside and not subject.get("namespace"):
            causes.append(Cause.required(f"{field}.namespace"))
    elif kind in SUBJECTS:
        if not name:
            causes.append(Cause.invalid(f"{field}.name", '""', f"{kind.lower()} name cannot be empty"))
        if group != GROUP:
            causes.append(Cause.unsupported(f"{field}.apiGroup", quoted(group), [GROUP]))
    else:
        causes.append(Cause.unsupported(f"{field}.kind", quoted(kind), SUBJECTS))
    return causes


def binding_update(new: Object, old: Object) -> list[Cause]:
    if new["roleRef"] == old["roleRef"]:
        return []
    group, kind, name = (new["roleRef"].get(each, "") for each in ("apiGroup", "kind", "name"))
    whole = {"APIGroup": group, "Kind": kind, "Name": name}  # Go's own struct
    return [Cause.invalid("roleRef", compact(whole), "cannot change roleRef")]
