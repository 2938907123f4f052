"""What of a Pod may change: https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement"""

from __future__ import annotations

from pocketkube.admission.pod_validation import UPDATABLE
from pocketkube.errors import Cause
from pocketkube.store import Object


def validate(new: Object, old: Object) -> list[Cause]:
    """`new` and `old`: specs."""
    for kind in ("containers", "initContainers"):
        if len(new.get(kind) or ()) != len(old.get(kind) or ()):
            return [Cause.forbidden(f"spec.{kind}", "pod updates may not add or remove containers")]
    causes = _deadline(new, old)
    if causes:
        return causes
    if not _only_added(new.get("tolerations") or [], old.get("tolerations") or []):
        what = "existing toleration can not be modified except its tolerationSeconds"
        causes.append(Cause.forbidden("spec.tolerations", what))
    if _fixed(new) != _fixed(old):
        causes.append(Cause.forbidden("spec", UPDATABLE))
    return causes


def _deadline(new: Object, old: Object) -> list[Cause]:
    after, before = new.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds")
    field = "spec.activeDeadlineSeconds"
    if after is None:
        what = "must not update from a positive integer to nil value"
        return [] if before is None else [Cause.invalid(field, "null", what)]
    if before is not None and before < after:
        return [Cause.invalid(field, str(after), "must be less than or equal to previous value")]
    return []


def _only_added(new: list[Object], old: list[Object]) -> bool:
    def lasting(toleration: Object) -> Object:
        return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}

    after = [lasting(each) for each in new]
    return all(lasting(each) in after for each in old)


def _fixed(spec: Object) -> Object:
    kept = {name: value for name, value in spec.items() if name not in ("activeDeadlineSeconds", "tolerations")}
    for kind in ("containers", "initContainers"):
        if kind in kept:
            kept[kind] = [{**container, "image": ""} for container in kept[kind]]
    if kept.get("terminationGracePeriodSeconds") == 1:
        kept["terminationGracePeriodSeconds"] = 1
    return kept
