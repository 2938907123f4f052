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
IMMUTABLE = "field is immutable"


def create(resource: Resource, metadata: Object) -> list[Cause]:
    problems = formats.label_problems if resource in LABELS_ALONE else formats.subdomain_problems
    if resource in PATH_SEGMENTS:
        problems = formats.path_segment_problems
    causes = []
    prefix = metadata.get("generateName", "")
    if prefix:
        # What is generated is put behind it, so it may end in a hyphen.
        whole = f"{prefix[:-1]}a" if prefix.endswith("-") and len(prefix) > 1 else prefix
        causes += [Cause.invalid("metadata.generateName", quoted(prefix), why) for why in problems(whole)]
    name = metadata.get("name", "")
    if not name:
        causes.append(Cause.required("metadata.name", "name or generateName is required"))
    else:
        causes += [Cause.invalid("metadata.name", quoted(name), why) for why in problems(name)]
    if resource.namespaced and metadata.get("namespace"):
        causes += formats.dns_label(metadata["namespace"], "metadata.namespace")
    return causes + labels_and_annotations(metadata, "metadata") + _references(metadata)


def update(new: Object, old: Object) -> list[Cause]:
    """`new` and `old`: metadata."""
    causes = []
    added = sorted(set(new.get("finalizers") or ()) - set(old.get("finalizers") or ()))
    if added and "deletionTimestamp" in old:
        found = "[]string{" + ", ".join(map(quoted, added)) + "}"
        what = f"no new finalizers can be added if the object is being deleted, found new finalizers {found}"
        causes.append(Cause.forbidden("metadata.finalizers", what))
    for field in ("name", "namespace", "uid"):
        if new.get(field, "") != old.get(field, ""):
            causes.append(Cause.invalid(f"metadata.{field}", quoted(new.get(field, "")), IMMUTABLE))
    return causes + labels_and_annotations(new, "metadata") + _references(new)


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


def _references(metadata: Object) -> list[Cause]:
    causes = []
    controllers: list[str] = []
    for number, owner in enumerate(metadata.get("ownerReferences") or ()):
        field = f"metadata.ownerReferences[{number}]"
        causes += _owner(owner, field)
        if owner.get("controller"):
            controllers.append(owner.get("name", ""))
    if len(controllers) > 1:
        names = f"{controllers[0]}, {controllers[1]}"
        what = f'Only one reference can have Controller set to true. Found "true" in references for {names}'
        causes.append(Cause.invalid("metadata.ownerReferences", formats.compact(metadata["ownerReferences"]), what))
    for name in metadata.get("finalizers") or ():
        causes += formats.qualified_name(name, "metadata.finalizers")
        if "/" not in name and name not in STANDARD_FINALIZERS:
            what = "name is neither a standard finalizer name nor is it fully qualified"
            causes.append(Cause.invalid("metadata.finalizers", quoted(name), what))
    kinds = set(metadata.get("finalizers") or ())
    if {"orphan", "foregroundDeletion"} <= kinds:
        what = "finalizer foregroundDeletion and orphan cannot be both set"
        causes.append(Cause.invalid("metadata.finalizers", formats.compact(metadata["finalizers"]), what))
    return causes


def _owner(owner: Object, field: str) -> list[Cause]:
    causes = []
    version = owner.get("apiVersion", "")
    if version.count("/") > 1:
        what = f"unexpected GroupVersion string: {version}"
        causes.append(Cause.invalid(f"{field}.apiVersion", quoted(version), what))
    elif not version.rpartition("/")[2]:
        causes.append(Cause.invalid(f"{field}.apiVersion", quoted(version), "version must not be empty"))
    for name in ("kind", "name", "uid"):
        if not owner.get(name):
            causes.append(Cause.invalid(f"{field}.{name}", quoted(owner.get(name, "")), "must not be empty"))
    return causes
