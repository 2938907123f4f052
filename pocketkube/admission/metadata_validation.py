"""Validation of what every object has: k8s.io/apimachinery/pkg/api/validation/objectmeta.go"""

from __future__ import annotations

from pocketkube.admission import formats
from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause
from pocketkube.resources import (
    CLUSTERROLEBINDINGS,
    CLUSTERROLES,
    NAMESPACES,
    ROLEBINDINGS,
    ROLES,
    SERVICES,
    STATEFULSETS,
    Resource,
)
from pocketkube.store import Object

LABELS_ALONE = (NAMESPACES, SERVICES, STATEFULSETS)  # kinds whose names are one DNS label
PATH_SEGMENTS = (CLUSTERROLEBINDINGS, CLUSTERROLES, ROLEBINDINGS, ROLES)  # whose names may be anything but a path
MOST_ANNOTATIONS = 256 << 10  # bytes of all keys and values
STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
NOT_A_FINALIZER = "name is neither a standard finalizer name nor is it fully qualified"
IMMUTABLE = "field is immutable"


def create(resource: Resource, metadata: Object) -> list[Cause]:
    problems = formats.label_problems if resource in LABELS_ALONE else formats.subdomain_problems
    if resource in PATH_SEGMENTS:
        problems = formats.path_segment_problems
    causes = []
    prefix = metadata.get("generateName", "")
    if prefix:
        # What is generated is put behind it, so it may end in a hyphen.
        whole = f"{prefix[:-2]}a" if prefix.endswith("-") and len(prefix) > 1 else prefix
        causes += [Cause.invalid("metadata.generateName", quoted(prefix), why) for why in problems(whole)]
    name = metadata.get("name", "")
    if not name:
        causes.append(Cause.required("metadata.name", "name or generateName is required"))
    else:
        causes += [Cause.invalid("metadata.name", quoted(name), why) for why in problems(name)]
    if resource.namespaced and metadata.get("namespace"):
        causes += formats.dns_label(metadata["namespace"], "metadata.namespace")
    causes += labels_and_annotations(metadata, "metadata") + _owners(metadata) + _finalizers(metadata)
    return causes + _finalizer_names(metadata)


def common_update(new: Object, old: Object) -> list[Cause]:
    """What is looked at whatever the kind: k8s.io/apiserver/pkg/registry/rest/update.go. `new`, `old`: metadata."""
    return labels_and_annotations(new, "metadata") + _owners(new) + _finalizers(new) + _changes(new, old)


def update(new: Object, old: Object) -> list[Cause]:
    """What each kind looks at once more. `new` and `old`: metadata."""
    return _changes(new, old) + _finalizer_names(new)


def _changes(new: Object, old: Object) -> list[Cause]:
    causes = []
    added = sorted(set(new.get("finalizers") or ()) - set(old.get("finalizers") or ()))
    if added and "deletionTimestamp" in old:
        found = "[]string{" + ", ".join(map(quoted, added)) + "}"
        what = f"no new finalizers can be added if the object is being deleted, found new finalizers {found}"
        causes.append(Cause.forbidden("metadata.finalizers", what))
    for field in ("name", "namespace", "uid"):
        if new.get(field, "") != old.get(field, ""):
            causes.append(Cause.invalid(f"metadata.{field}", quoted(new.get(field, "")), IMMUTABLE))
    return causes + labels_and_annotations(new, "metadata") + _owners(new)


def labels_and_annotations(metadata: Object, field: str) -> list[Cause]:
    causes = formats.labels(metadata.get("labels") or {}, f"{field}.labels")
    return causes + annotation_keys(metadata.get("annotations") or {}, f"{field}.annotations")


def annotation_keys(found: dict[str, str], field: str) -> list[Cause]:
    causes = [
        Cause.invalid(field, quoted(key), why) for key in found for why in formats.qualified_name_problems(key.lower())
    ]
    if sum(len(key.encode()) + len(value.encode()) for key, value in found.items()) > MOST_ANNOTATIONS:
        causes.append(Cause.too_long(field, MOST_ANNOTATIONS))
    return causes


def _owners(metadata: Object) -> list[Cause]:
    causes, owners = [], metadata.get("ownerReferences") or []
    first = ""
    for owner in owners:
        causes += _owner(owner, "metadata.ownerReferences")
        if owner.get("controller"):
            name = f"{owner.get('kind', '')}/{owner.get('name', '')}"
            if first:
                names = f"{first} and {name}"
                what = f'Only one reference can have Controller set to true. Found "true" in references for {names}'
                causes.append(Cause.invalid("metadata.ownerReferences", formats.compact(owners), what))
            first = first or name
    return causes


def namespace_finalizers(spec: Object) -> list[Cause]:
    """Those that a new Namespace has besides the metadata's."""
    causes, field = [], "spec.finalizers"
    for name in spec.get("finalizers") or ():
        causes += formats.qualified_name(name, field)
        if "/" not in name and name not in STANDARD_FINALIZERS:
            causes.append(Cause.invalid(field, quoted(name), NOT_A_FINALIZER))
    return causes


def _finalizer_names(metadata: Object) -> list[Cause]:
    return [
        Cause.invalid(f"metadata.finalizers[{number}]", quoted(name), NOT_A_FINALIZER)
        for number, name in enumerate(metadata.get("finalizers") or ())
        if "/" not in name and name not in STANDARD_FINALIZERS
    ]


def _finalizers(metadata: Object) -> list[Cause]:
    causes = []
    for name in metadata.get("finalizers") or ():
        causes += formats.qualified_name(name, "metadata.finalizers")
    kinds = set(metadata.get("finalizers") or ())
    if {"orphan", "foregroundDeletion"} <= kinds:
        what = "finalizer foregroundDeletion and orphan cannot be both set"
        causes.append(Cause.invalid("metadata.finalizers", formats.compact(metadata["finalizers"]), what))
    return causes


def _owner(owner: Object, field: str) -> list[Cause]:
    causes = []
    version, kind = owner.get("apiVersion", ""), owner.get("kind", "")
    if version.count("/") > 1 or not version.rpartition("/")[2]:
        causes.append(Cause.invalid(f"{field}.apiVersion", quoted(version), "version must not be empty"))
    for name in ("kind", "name", "uid"):
        if not owner.get(name):
            causes.append(Cause.invalid(f"{field}.{name}", quoted(owner.get(name, "")), "must not be empty"))
    if (version, kind) == ("v1", "Event"):
        what = "/v1, Kind=Event is disallowed from being an owner"
        causes.append(Cause.invalid(field, formats.compact(owner), what))
    return causes
