"""Validation of StorageClasses: k8s.io/kubernetes/pkg/apis/storage/validation"""

from __future__ import annotations

from pocketkube.admission.formats import qualified_name, quoted
from pocketkube.admission.metadata_validation import IMMUTABLE
from pocketkube.errors import Cause
from pocketkube.store import Object

RECLAIM_POLICIES = ["Delete", "Retain"]
BINDING_MODES = ["Immediate", "WaitForFirstConsumer"]
MOST_PARAMETERS, LONGEST_PARAMETERS = 512, 256 << 10  # bytes


def validate(obj: Object) -> list[Cause]:
    provisioner = obj.get("provisioner", "")
    causes = qualified_name(provisioner.lower(), "provisioner") if provisioner else [Cause.required("provisioner")]
    causes += _parameters(obj.get("parameters") or {})
    policy, mode = obj["reclaimPolicy"], obj["volumeBindingMode"]
    if policy and policy not in RECLAIM_POLICIES:
        causes.append(Cause.unsupported("reclaimPolicy", quoted(policy), RECLAIM_POLICIES))
    if mode not in BINDING_MODES:
        causes.append(Cause.unsupported("volumeBindingMode", quoted(mode), BINDING_MODES))
    return causes


def validate_update(new: Object, old: Object) -> list[Cause]:
    causes = [
        Cause.forbidden(field, f"updates to {field} are forbidden.")
        for field in ("parameters", "provisioner", "reclaimPolicy")
        if (new.get(field) or None) != (old.get(field) or None)
    ]
    if new["volumeBindingMode"] != old["volumeBindingMode"]:
        causes.append(Cause.invalid("volumeBindingMode", quoted(new["volumeBindingMode"]), IMMUTABLE))
    return causes


def _parameters(found: dict[str, str]) -> list[Cause]:
    if len(found) > MOST_PARAMETERS:
        return [Cause.too_long("parameters", MOST_PARAMETERS)]
    causes = [Cause.invalid("parameters", quoted(key), "field can not be empty.") for key in found if not key]
    if sum(len(key.encode()) + len(value.encode()) for key, value in found.items()) > LONGEST_PARAMETERS:
        causes.append(Cause.too_long("parameters", LONGEST_PARAMETERS))
    return causes
