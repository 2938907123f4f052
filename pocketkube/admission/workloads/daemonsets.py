"""DaemonSets: defaults and validation: k8s.io/kubernetes/pkg/apis/apps and pkg/registry/apps/daemonset."""

from __future__ import annotations

from pocketkube.admission import formats
from pocketkube.admission.formats import compact, quoted
from pocketkube.admission.pods import pod_validation
from pocketkube.admission.workloads.rollout_amounts import amount, int_or_percent, not_more_than_all
from pocketkube.errors import Cause
from pocketkube.label_selector import selects
from pocketkube.store import Object

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
NEW_STATUS = {
    "currentNumberScheduled": 0,
    "numberMisscheduled": 0,
    "desiredNumberScheduled": 0,
    "numberReady": 0,
}


def default_spec(spec: Object) -> None:
    spec.setdefault("revisionHistoryLimit", 10)
    strategy = spec.setdefault("updateStrategy", {})
    if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)


def count_template(new: Object, old: Object | None) -> None:
    """How often the template has changed, as the annotation that clients of old API versions read."""
    annotations = new["metadata"].setdefault("annotations", {})
    if old is None:
        annotations.setdefault(TEMPLATE_GENERATION, "1")
        return
    before = int((old["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "1"))
    changed = new["spec"]["template"] != old["spec"]["template"]
    annotations[TEMPLATE_GENERATION] = str(before + changed)


def validate(daemon_set: Object) -> list[Cause]:
    spec = daemon_set["spec"]
    template, selector = spec["template"], spec.get("selector")
    causes = formats.label_selector(selector or {}, "spec.selector")
    if not causes and (selector is None or not selects(selector, template["metadata"].get("labels") or {})):
        value = formats.labels_text(template["metadata"].get("labels"))
        what = "`selector` does not match template `labels`"
        causes.append(Cause.invalid("spec.template.metadata.labels", value, what))
    if selector is not None and not (selector.get("matchLabels") or selector.get("matchExpressions")):
        causes.append(
            Cause.invalid("spec.selector", formats.selector_text(selector), "empty selector is invalid for daemonset")
        )
    causes += pod_validation.template(template, "spec.template")
    policy = template["spec"]["restartPolicy"]
    if policy != "Always":
        causes.append(Cause.unsupported("spec.template.spec.restartPolicy", quoted(policy), ["Always"]))
    if template["spec"].get("activeDeadlineSeconds") is not None:
        what = "activeDeadlineSeconds in DaemonSet is not Supported"
        causes.append(Cause.forbidden("spec.template.spec.activeDeadlineSeconds", what))
    causes += formats.not_negative(spec.get("minReadySeconds", 0), "spec.minReadySeconds")
    causes += _strategy(spec["updateStrategy"])
    return causes + formats.not_negative(spec["revisionHistoryLimit"], "spec.revisionHistoryLimit")


def _strategy(strategy: Object) -> list[Cause]:
    kind, rolling, field = strategy["type"], strategy.get("rollingUpdate"), "spec.updateStrategy"
    if kind == "OnDelete":
        return []
    if kind != "RollingUpdate":
        go_names = {"MaxUnavailable": "maxUnavailable", "MaxSurge": "maxSurge"}
        amounts = rolling and {go_name: rolling.get(name, 0) for go_name, name in go_names.items()}
        value = compact({"Type": kind, "RollingUpdate": amounts})  # Go's own struct
        return [Cause.unsupported(field, value, ["RollingUpdate", "OnDelete"])]
    assert rolling is not None  # defaults gave it
    field += ".rollingUpdate"
    both = [(rolling[name], f"{field}.{name}") for name in ("maxUnavailable", "maxSurge")]
    causes = [cause for value, where in both for cause in int_or_percent(value, where)]
    causes += [cause for value, where in both for cause in not_more_than_all(value, where)]
    unavailable, surge = (amount(value) for value, _ in both)
    if unavailable and surge:
        what = "may not be set when maxUnavailable is non-zero"
        causes.append(Cause.invalid(f"{field}.maxSurge", compact(rolling["maxSurge"]), what))
    if not unavailable and not surge:
        causes.append(Cause.required(f"{field}.maxUnavailable", "cannot be 0 when maxSurge is 0"))
    return causes
