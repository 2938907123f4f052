"""Validation of Deployments, ReplicaSets and StatefulSets: k8s.io/kubernetes/pkg/apis/apps."""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.admission import formats
from pocketkube.admission.formats import compact, quoted
from pocketkube.admission.metadata_validation import IMMUTABLE
from pocketkube.admission.pods import pod_validation
from pocketkube.admission.workloads.rollout_amounts import amount, int_or_percent, not_more_than_all
from pocketkube.errors import Cause
from pocketkube.label_selector import selects
from pocketkube.store import Object

POLICIES = ["Retain", "Delete"]
STATEFUL_SET_MUTABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)


def deployment(spec: Object) -> list[Cause]:
    causes = formats.not_negative(spec["replicas"], "spec.replicas")
    causes += _selector(spec, "empty selector is invalid for deployment") + _template(spec)
    causes += _strategy(spec["strategy"])
    for field in ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        causes += formats.not_negative(spec.get(field, 0), f"spec.{field}")
    deadline = spec["progressDeadlineSeconds"]
    if deadline <= spec.get("minReadySeconds", 0):
        what = "must be greater than minReadySeconds"
        causes.append(Cause.invalid("spec.progressDeadlineSeconds", str(deadline), what))
    return causes


def replica_set(spec: Object) -> list[Cause]:
    causes = formats.not_negative(spec["replicas"], "spec.replicas")
    causes += formats.not_negative(spec.get("minReadySeconds", 0), "spec.minReadySeconds")
    return causes + _selector(spec, "empty selector is invalid for deployment") + _template(spec)


def replication_controller(spec: Object) -> list[Cause]:
    causes = formats.not_negative(spec.get("minReadySeconds", 0), "spec.minReadySeconds")
    selector, template = spec.get("selector"), spec.get("template")
    if not selector:
        causes.append(Cause.required("spec.selector"))
    causes += formats.not_negative(spec["replicas"], "spec.replicas")
    if template is None:
        return [*causes, Cause.required("spec.template")]
    return causes + _template({**spec, "selector": {"matchLabels": selector or {}}}, "ReplicationController")


def stateful_set(spec: Object) -> list[Cause]:
    policy = spec["podManagementPolicy"]
    causes = []
    if policy not in ("OrderedReady", "Parallel"):
        what = "must be 'OrderedReady' or 'Parallel'"
        causes.append(Cause.invalid("spec.podManagementPolicy", quoted(policy), what))
    causes += _update_strategy(spec["updateStrategy"])
    for field, value in (spec.get("persistentVolumeClaimRetentionPolicy") or {}).items():
        if value not in POLICIES:
            where = f"spec.persistentVolumeClaimRetentionPolicy.{field}"
            causes.append(Cause.unsupported(where, quoted(value), POLICIES))
    causes += formats.not_negative(spec["replicas"], "spec.replicas")
    for field in ("minReadySeconds", "revisionHistoryLimit"):
        causes += formats.not_negative(spec.get(field, 0), f"spec.{field}")
    if "ordinals" in spec:
        causes += formats.not_negative(spec["ordinals"].get("start", 0), "spec.ordinals.start")
    if spec.get("serviceName"):
        causes += formats.dns_label(spec["serviceName"], "spec.serviceName")
    causes += _selector(spec, "empty selector is invalid for statefulset")
    templates = spec.get("volumeClaimTemplates") or []
    claims = [(each.get("metadata") or {}).get("name", "") for each in templates]
    return causes + _template(spec, "StatefulSet", claims)


def selector_update(new: Object, old: Object) -> list[Cause]:
    """`new` and `old`: specs."""
    if new.get("selector") == old.get("selector"):
        return []
    return [Cause.invalid("spec.selector", formats.selector_text(new.get("selector")), IMMUTABLE)]


def stateful_set_update(new: Object, old: Object) -> list[Cause]:
    if all(new.get(field) == old.get(field) for field in {*new, *old} - set(STATEFUL_SET_MUTABLE)):
        return []
    fields = "', '".join(STATEFUL_SET_MUTABLE[:-1])
    what = (
        f"updates to statefulset spec for fields other than '{fields}' and '{STATEFUL_SET_MUTABLE[-1]}' are forbidden"
    )
    return [Cause.forbidden("spec", what)]


def _selector(spec: Object, empty: str) -> list[Cause]:
    selector = spec.get("selector")
    if selector is None:
        return [Cause.required("spec.selector")]
    causes = formats.label_selector(selector, "spec.selector")
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        causes.append(Cause.invalid("spec.selector", formats.selector_text(selector), empty))
    return causes


def _template(spec: Object, kind: str = "ReplicaSet", claims: Iterable[str] = ()) -> list[Cause]:
    selector, template = spec.get("selector"), spec["template"]
    labels = template["metadata"].get("labels")
    causes = []
    if selector is not None and formats.label_selector(selector, ""):
        causes.append(Cause.invalid("spec.selector", formats.selector_text(selector), "invalid label selector"))
    elif selector is None or not selects(selector, labels or {}):
        what = "`selector` does not match template `labels`"
        causes.append(Cause.invalid("spec.template.metadata.labels", formats.labels_text(labels), what))
    causes += pod_validation.template(template, "spec.template", claims)
    policy = template["spec"]["restartPolicy"]
    if policy != "Always":
        causes.append(Cause.unsupported("spec.template.spec.restartPolicy", quoted(policy), ["Always"]))
    if template["spec"].get("activeDeadlineSeconds") is not None:
        what = f"activeDeadlineSeconds in {kind} is not Supported"
        causes.append(Cause.forbidden("spec.template.spec.activeDeadlineSeconds", what))
    return causes


def _strategy(strategy: Object) -> list[Cause]:
    kind, rolling = strategy["type"], strategy.get("rollingUpdate")
    field = "spec.strategy.rollingUpdate"
    if kind == "Recreate":
        what = "may not be specified when strategy `type` is 'Recreate'"
        return [] if rolling is None else [Cause.forbidden(field, what)]
    if kind != "RollingUpdate":
        value = compact({"Type": kind, "RollingUpdate": rolling})  # Go's own struct
        return [Cause.unsupported("spec.strategy", value, ["Recreate", "RollingUpdate"])]
    assert rolling is not None  # defaults gave it
    unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
    causes = int_or_percent(unavailable, f"{field}.maxUnavailable") + int_or_percent(surge, f"{field}.maxSurge")
    if amount(unavailable) == 0 and amount(surge) == 0:
        what = "may not be 0 when `maxSurge` is 0"
        causes.append(Cause.invalid(f"{field}.maxUnavailable", compact(unavailable), what))
    return causes + not_more_than_all(unavailable, f"{field}.maxUnavailable")


def _update_strategy(strategy: Object) -> list[Cause]:
    kind, rolling, field = strategy["type"], strategy.get("rollingUpdate"), "spec.updateStrategy"
    if kind == "OnDelete":
        if rolling is None:
            return []
        value = compact({"Partition": rolling.get("partition", 0), "MaxUnavailable": rolling.get("maxUnavailable")})
        what = "only allowed for updateStrategy 'RollingUpdate'"
        return [Cause.invalid(f"{field}.rollingUpdate", value, what)]
    if kind != "RollingUpdate":
        value = compact({"Type": kind, "RollingUpdate": None})
        return [Cause.invalid(field, value, "must be 'RollingUpdate' or 'OnDelete'")]
    where = f"{field}.rollingUpdate"
    causes = formats.not_negative((rolling or {}).get("partition", 0), f"{where}.partition")
    unavailable = (rolling or {}).get("maxUnavailable")
    if unavailable is not None:
        causes += int_or_percent(unavailable, f"{where}.maxUnavailable")
        if amount(unavailable) == 0:
            causes.append(Cause.invalid(f"{where}.maxUnavailable", compact(unavailable), "cannot be 0"))
        causes += not_more_than_all(unavailable, f"{where}.maxUnavailable")
    return causes
