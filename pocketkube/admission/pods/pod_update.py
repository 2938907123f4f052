"""What of a Pod may change: https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement"""

from __future__ import annotations

from pocketkube.admission.pods import pod_annotation_validation
from pocketkube.admission.pods.pod_diff import diff
from pocketkube.admission.pods.pod_validation import LONGEST_DEADLINE, UPDATABLE, images
from pocketkube.admission.pods.scheduling_validation import tolerations
from pocketkube.errors import Cause
from pocketkube.store import Object


def validate(new: Object, old: Object) -> list[Cause]:
    after, before = (each["metadata"].get("annotations") or {} for each in (new, old))
    causes = pod_annotation_validation.validate_update(after, before, new["spec"], "metadata.annotations")
    return causes + _specs(new["spec"], old["spec"])


def _specs(new: Object, old: Object) -> list[Cause]:
    causes: list[Cause] = []
    for kind in ("containers", "initContainers"):
        if len(new.get(kind) or ()) != len(old.get(kind) or ()):
            return [*causes, Cause.forbidden(f"spec.{kind}", "pod updates may not add or remove containers")]
        causes += images(new.get(kind) or [], f"spec.{kind}")
    deadline = _deadline(new, old)
    causes += deadline
    if deadline and new.get("activeDeadlineSeconds") is not None:
        return causes
    if not _only_added(new.get("tolerations") or [], old.get("tolerations") or []):
        what = "existing toleration can not be modified except its tolerationSeconds"
        causes.append(Cause.forbidden("spec.tolerations", what))
    else:
        causes += tolerations(new.get("tolerations") or [], "spec.tolerations")
    causes += _new_gates(new.get("schedulingGates") or [], old.get("schedulingGates") or [])
    munged = _with_what_may_change(new, old)
    if munged != old:
        causes.append(Cause.forbidden("spec", f"{UPDATABLE}\n{diff(old, munged)}"))
    return causes


def _deadline(new: Object, old: Object) -> list[Cause]:
    after, before = new.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds")
    field = "spec.activeDeadlineSeconds"
    if after is None:
        what = "must not update from a positive integer to nil value"
        return [] if before is None else [Cause.invalid(field, '"null"', what)]
    if not 0 <= after <= LONGEST_DEADLINE:
        return [Cause.invalid(field, str(after), f"must be between 0 and {LONGEST_DEADLINE}, inclusive")]
    if before is not None and before < after:
        return [Cause.invalid(field, str(after), "must be less than or equal to previous value")]
    return []


def _new_gates(new: list[Object], old: list[Object]) -> list[Cause]:
    known = {gate["name"] for gate in old}
    return [
        Cause.forbidden(
            f"spec.schedulingGates[{number}].name",
            f"only deletion is allowed, but found new scheduling gate '{gate['name']}'",
        )
        for number, gate in enumerate(new)
        if gate["name"] not in known
    ]


def _only_added(new: list[Object], old: list[Object]) -> bool:
    def lasting(toleration: Object) -> Object:
        return {name: value for name, value in toleration.items() if name != "tolerationSeconds"}

    after = [lasting(each) for each in new]
    return all(lasting(each) in after for each in old)


def _with_what_may_change(new: Object, old: Object) -> Object:
    """`new` with those fields as they are in `old`."""
    munged = dict(new)
    for name in ("activeDeadlineSeconds", "schedulingGates", "tolerations"):
        munged.pop(name, None)
        if name in old:
            munged[name] = old[name]
    if old.get("terminationGracePeriodSeconds", 0) < 0 and new.get("terminationGracePeriodSeconds") == 1:
        munged["terminationGracePeriodSeconds"] = old["terminationGracePeriodSeconds"]
    for kind in ("containers", "initContainers"):
        if kind in munged:
            pairs = zip(munged[kind], old.get(kind) or (), strict=False)
            munged[kind] = [{**container, "image": before["image"]} for container, before in pairs]
    return munged
