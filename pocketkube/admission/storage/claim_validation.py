"""Validation of PersistentVolumeClaims: k8s.io/kubernetes/pkg/apis/core/validation"""

from __future__ import annotations

from pocketkube.admission import formats
from pocketkube.admission.formats import quoted
from pocketkube.admission.metadata_validation import IMMUTABLE
from pocketkube.admission.storage.storage_plugins import CLASS_ANNOTATION, names_class, requested
from pocketkube.admission.struct_diff import diff
from pocketkube.errors import Cause
from pocketkube.quantity import parse
from pocketkube.store import Object

ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]
VOLUME_MODES = ["Block", "Filesystem"]
NOT_POSITIVE = "must be greater than zero"
UNCHANGEABLE = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)


def validate(claim: Object) -> list[Cause]:
    return claim_spec(claim["spec"], "spec")


def claim_spec(spec: Object, field: str) -> list[Cause]:
    causes = []
    if not spec.get("accessModes"):
        causes.append(Cause.required(f"{field}.accessModes", "at least 1 access mode is required"))
    if spec.get("selector") is not None:
        causes += formats.label_selector(spec["selector"], f"{field}.selector")
    causes += access_modes(spec.get("accessModes") or [], f"{field}.accessModes")
    causes += _storage(spec.get("resources") or {}, f"{field}.resources[storage]")
    causes += class_name(spec.get("storageClassName") or "", f"{field}.storageClassName")
    causes += volume_mode(spec["volumeMode"], f"{field}.volumeMode")
    for name in ("dataSource", "dataSourceRef"):
        if spec.get(name) is not None:
            causes += _data_source(spec[name], f"{field}.{name}")
    return causes + class_name(spec.get("volumeAttributesClassName") or "", f"{field}.volumeAttributesClassName")


def validate_update(new: Object, old: Object) -> list[Cause]:
    """Of the spec only what a bound claim asks for may change; the volume is set once, a class that is not said too."""
    causes = _class_annotation(new, old)
    before, after = dict(old["spec"]), dict(new["spec"])
    if not before.get("volumeName") and "volumeName" in after:
        before["volumeName"] = after["volumeName"]
    if not names_class(old) and "storageClassName" in after:
        after.pop("storageClassName")
    if old.get("status", {}).get("phase") == "Bound" and (after.get("resources") or {}).get("requests"):
        asked = {**after["resources"]["requests"], "storage": before["resources"]["requests"]["storage"]}
        after["resources"] = {**after["resources"], "requests": asked}
    _keep(after, before, "volumeAttributesClassName")
    if after != before:
        difference = diff("core/v1.PersistentVolumeClaimSpec", before, after)
        causes.append(Cause.forbidden("spec", f"{UNCHANGEABLE}\n{difference}"))
    capacity = parse((old.get("status", {}).get("capacity") or {}).get("storage", "0")).nano
    if requested(new) < requested(old) and requested(new) <= capacity:
        what = "field can not be less than status.capacity"
        causes.append(Cause.forbidden("spec.resources.requests.storage", what))
    if new["spec"]["volumeMode"] != old["spec"]["volumeMode"]:
        causes.append(Cause.invalid("volumeMode", quoted(new["spec"]["volumeMode"]), IMMUTABLE))
    return causes + _attributes_class(new["spec"], old["spec"])


def access_modes(modes: list[str], field: str) -> list[Cause]:
    """Of a claim or a volume."""
    causes = [Cause.unsupported(field, quoted(mode), ACCESS_MODES) for mode in modes if mode not in ACCESS_MODES]
    if "ReadWriteOncePod" in modes and any(mode in ACCESS_MODES[:3] for mode in modes):
        causes.append(Cause.forbidden(field, "may not use ReadWriteOncePod with other access modes"))
    return causes


def class_name(name: str, field: str) -> list[Cause]:
    return formats.dns_subdomain(name, field) if name else []


def volume_mode(mode: str, field: str) -> list[Cause]:
    return [] if mode in VOLUME_MODES else [Cause.unsupported(field, quoted(mode), VOLUME_MODES)]


def positive(amount: str, field: str) -> list[Cause]:
    return [] if parse(amount).nano > 0 else [Cause.invalid(field, quoted(amount), NOT_POSITIVE)]


def _storage(resources: Object, field: str) -> list[Cause]:
    asked = resources.get("requests") or {}
    return positive(asked["storage"], field) if "storage" in asked else [Cause.required(field)]


def _data_source(source: Object, field: str) -> list[Cause]:
    causes = [Cause.required(f"{field}.{name}") for name in ("name", "kind") if not source.get(name)]
    group, kind = source.get("apiGroup") or "", source.get("kind", "")
    if not group and kind != "PersistentVolumeClaim":
        what = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
        causes.append(Cause.invalid(field, quoted(kind), what))
    if group:
        causes += formats.dns_subdomain(group, f"{field}.apiGroup")
    if source.get("namespace"):
        causes += formats.dns_label(source["namespace"], f"{field}.namespace")
    return causes


def _class_annotation(new: Object, old: Object) -> list[Cause]:
    after, before = ((each["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION, "") for each in (new, old))
    if after == before or (not after and new["spec"].get("storageClassName") == before):
        return []
    return [Cause.invalid(f"metadata.annotations[{CLASS_ANNOTATION}]", quoted(after), IMMUTABLE)]


def _attributes_class(new: Object, old: Object) -> list[Cause]:
    after, field = new.get("volumeAttributesClassName"), "spec.volumeAttributesClassName"
    if old.get("volumeAttributesClassName") is None or after:
        return []
    to = "nil" if after is None else "an empty string"
    return [Cause.forbidden(field, f"update from non-nil value to {to} is forbidden")]


def _keep(after: Object, before: Object, field: str) -> None:
    after.pop(field, None)
    if field in before:
        after[field] = before[field]
