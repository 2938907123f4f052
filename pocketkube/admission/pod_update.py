"""What of a Pod may change: https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement"""

from __future__ import annotations

from pocketkube.admission.pod_diff import diff
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
    munged = _with_what_may_change(new, old)
    if munged != old:
        causes.append(Cause.forbidden("spec", f"{UPDATABLE}\n{diff(old, munged)}"))
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


def _with_what_may_change(new: Object, old: Object) -> Object:
    """`new` with those fields as they are in `old`."""
    munged = dict(new)
    for name in ("activeDeadlineSeconds", "tolerations"):
        munged.pop(name, None)
        if name in old:
            munged[name] = old[name]
    for kind in ("containers", "initContainers"):
        if kind in munged:
            pairs = zip(munged[kind], old.get(kind) or (), strict=False)
            munged[kind] = [{**container, "image": before["image"]} for container, before in pairs]
    return munged
