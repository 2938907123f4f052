"""Validation of PersistentVolumes: k8s.io/kubernetes/pkg/apis/core/validation"""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from pocketkube.admission.formats import compact, quoted
from pocketkube.admission.metadata_validation import IMMUTABLE
from pocketkube.admission.pods.mount_validation import no_backsteps
from pocketkube.admission.pods.scheduling_validation import node_selector
from pocketkube.admission.pods.volume_validation import host_path
from pocketkube.admission.storage.claim_validation import access_modes, class_name, positive, volume_mode
from pocketkube.admission.struct_diff import diff, go_value
from pocketkube.errors import Cause
from pocketkube.go_types import fields
from pocketkube.quantity import parse
from pocketkube.store import Object

SOURCE = "core/v1.PersistentVolumeSource"
RECLAIM_POLICIES = ["Delete", "Recycle", "Retain"]
MORE = "may not specify more than 1 volume type"


def validate(volume: Object) -> list[Cause]:
    spec = volume["spec"]
    causes = [] if spec.get("accessModes") else [Cause.required("spec.accessModes")]
    causes += access_modes(spec.get("accessModes") or [], "spec.accessModes")
    causes += _capacity(spec.get("capacity"))
    policy = spec["persistentVolumeReclaimPolicy"]
    if policy not in RECLAIM_POLICIES:
        causes.append(Cause.unsupported("spec.persistentVolumeReclaimPolicy", quoted(policy), RECLAIM_POLICIES))
    if spec.get("nodeAffinity") is not None:
        causes += _node_affinity(spec["nodeAffinity"])
    causes += _source(spec)
    if policy == "Recycle" and posixpath.normpath(spec.get("hostPath", {}).get("path") or ".") == "/":
        what = "may not be 'recycle' for a hostPath mount of '/'"
        causes.append(Cause.forbidden("spec.persistentVolumeReclaimPolicy", what))
    causes += class_name(spec.get("storageClassName") or "", "spec.storageClassName")
    causes += volume_mode(spec["volumeMode"], "spec.volumeMode")
    return causes + _attributes_class(spec)


def validate_update(new: Object, old: Object) -> list[Cause]:
    after, before = new["spec"], old["spec"]
    causes = []
    if source_of(after) != source_of(before):
        what = f"spec.persistentvolumesource is immutable after creation\n{diff(SOURCE, before, after)}"
        causes.append(Cause.forbidden("spec.persistentvolumesource", what))
    if after["volumeMode"] != before["volumeMode"]:
        causes.append(Cause.invalid("volumeMode", quoted(after["volumeMode"]), IMMUTABLE))
    if before.get("nodeAffinity") is not None and after.get("nodeAffinity") != before["nodeAffinity"]:
        affinity = after.get("nodeAffinity")
        shown = "null" if affinity is None else compact(go_value("core/v1.VolumeNodeAffinity", affinity))
        causes.append(Cause.invalid("nodeAffinity", shown, IMMUTABLE))
    return causes


def source_of(spec: Object) -> Object:
    """The part of a PersistentVolumeSpec that says where the data is: {kind: source}"""
    return {kind: spec[kind] for kind in fields(SOURCE) if spec.get(kind) is not None}


def _capacity(capacity: dict[str, str] | None) -> list[Cause]:
    causes = [] if capacity else [Cause.required("spec.capacity")]
    if set(capacity or {}) != {"storage"}:
        causes.append(Cause.unsupported("spec.capacity", compact(capacity), ["storage"]))
    for name, amount in (capacity or {}).items():
        field = f"spec.capacity[{name}]"
        if parse(amount).nano < 0:
            causes.append(Cause.invalid(field, str(int(parse(amount))), "must be a valid resource quantity"))
        causes += positive(amount, field)
    return causes


def _node_affinity(affinity: Object) -> list[Cause]:
    if affinity.get("required") is None:
        return [Cause.required("spec.nodeAffinity.required", "must specify required node constraints")]
    return node_selector(affinity["required"], "spec.nodeAffinity.required")


def _source(spec: Object) -> list[Cause]:
    found = source_of(spec)
    kinds = [*(kind for kind in SOURCES if kind in found), *(kind for kind in found if kind not in SOURCES)]
    if not kinds:
        return [Cause.required("spec", "must specify a volume type")]
    causes = SOURCES[kinds[0]](found[kinds[0]], f"spec.{kinds[0]}") if kinds[0] in SOURCES else []
    if kinds[0] == "local" and spec.get("nodeAffinity") is None:
        causes.append(Cause.required("spec.nodeAffinity", "Local volume requires node affinity"))
    return causes + [Cause.forbidden(f"spec.{kind}", MORE) for kind in kinds[1:]]


def _local(source: Object, field: str) -> list[Cause]:
    path = source.get("path", "")
    return no_backsteps(path, f"{field}.path") if path else [Cause.required(f"{field}.path")]


def _nfs(source: Object, field: str) -> list[Cause]:
    causes = [Cause.required(f"{field}.{name}") for name in ("server", "path") if not source.get(name)]
    if not source.get("path", "").startswith("/"):
        causes.append(Cause.invalid(f"{field}.path", quoted(source.get("path", "")), "must be an absolute path"))
    return causes


def _csi(source: Object, field: str) -> list[Cause]:
    return [Cause.required(f"{field}.{name}") for name in ("driver", "volumeHandle") if not source.get(name)]


def _attributes_class(spec: Object) -> list[Cause]:
    name, field = spec.get("volumeAttributesClassName"), "spec.volumeAttributesClassName"
    if name is None:
        return []
    causes = class_name(name, field) if name else [Cause.required(field, "an empty string is disallowed")]
    if "csi" not in spec:
        causes.append(Cause.required("spec.csi", "has to be specified when using volumeAttributesClassName"))
    return causes


SOURCES: dict[str, Callable[[Object, str], list[Cause]]] = {
    "hostPath": host_path,
    "nfs": _nfs,
    "local": _local,
    "csi": _csi,
}
