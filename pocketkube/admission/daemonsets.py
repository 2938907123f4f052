"""DaemonSets: defaults and validation: k8s.io/kubernetes/pkg/apis/apps and pkg/registry/apps/daemonset."""

from __future__ import annotations

import json

from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause
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
    """Every reason why the DaemonSet may not be, apart from what is wrong with its Pods."""
    spec = daemon_set["spec"]
    labels = spec["template"]["metadata"].get("labels") or {}
    selector = spec.get("selector")
    causes = []
    if not selector:
        causes.append(Cause.required("spec.selector"))
    elif not (selector.get("matchLabels") or selector.get("matchExpressions")):
        causes.append(Cause.invalid("spec.selector", "{}", "empty selector is invalid for daemonset"))
    if not selector or not (selector.get("matchLabels") or {}).items() <= labels.items():
        value = json.dumps(labels, separators=(",", ":"))
        causes.append(
            Cause.invalid("spec.template.metadata.labels", value, "`selector` does not match template `labels`")
        )
    policy = spec["template"]["spec"].get("restartPolicy")
    if policy != "Always":
        causes.append(Cause.unsupported("spec.template.spec.restartPolicy", quoted(policy), ["Always"]))
    if spec.get("minReadySeconds", 0) < 0:
        why = "must be greater than or equal to 0"
        causes.append(Cause.invalid("spec.minReadySeconds", str(spec["minReadySeconds"]), why))
    return causes + _strategy(spec["updateStrategy"])


def _strategy(strategy: Object) -> list[Cause]:
    field = "spec.updateStrategy"
    if strategy["type"] not in ("RollingUpdate", "OnDelete"):
        return [Cause.unsupported(f"{field}.type", quoted(strategy["type"]), ["OnDelete", "RollingUpdate"])]
    if strategy["type"] == "OnDelete":
        return []
    rolling = strategy["rollingUpdate"]
    unavailable, surge = rolling["maxUnavailable"], rolling["maxSurge"]
    if unavailable in (0, "0%") and surge in (0, "0%"):
        what = "cannot be 0 when `maxSurge` is 0"
        return [Cause.invalid(f"{field}.rollingUpdate.maxUnavailable", json.dumps(unavailable), what)]
    if unavailable not in (0, "0%") and surge not in (0, "0%"):
        what = "may not be set when maxUnavailable is non-zero"
        return [Cause.invalid(f"{field}.rollingUpdate.maxSurge", json.dumps(surge), what)]
    return []
