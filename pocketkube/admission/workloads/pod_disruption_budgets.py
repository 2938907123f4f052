"""PodDisruptionBudgets: their first status and validation: k8s.io/kubernetes/pkg/apis/policy/validation"""

from __future__ import annotations

from pocketkube.admission.formats import compact, label_selector, quoted
from pocketkube.admission.workloads.rollout_amounts import int_or_percent, not_more_than_all
from pocketkube.errors import Cause
from pocketkube.store import Object

NEW_STATUS = {"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0}
UNHEALTHY = ["AlwaysAllow", "IfHealthyBudget"]


def default(budget: Object) -> None:
    budget.setdefault("status", dict(NEW_STATUS))


def validate(budget: Object) -> list[Cause]:
    spec = budget.get("spec") or {}
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    selector, unhealthy = spec.get("selector"), spec.get("unhealthyPodEvictionPolicy")
    causes = []
    if least is not None and most is not None:
        whole = {  # Go's own struct
            "MinAvailable": least,
            "Selector": selector,
            "MaxUnavailable": most,
            "UnhealthyPodEvictionPolicy": unhealthy,
        }
        causes.append(Cause.invalid("spec", compact(whole), "minAvailable and maxUnavailable cannot be both set"))
    for amount, field in ((least, "spec.minAvailable"), (most, "spec.maxUnavailable")):
        if amount is not None:
            causes += int_or_percent(amount, field) + not_more_than_all(amount, field)
    causes += label_selector(selector or {}, "spec.selector")
    if unhealthy is not None and unhealthy not in UNHEALTHY:
        causes.append(Cause.unsupported("spec.unhealthyPodEvictionPolicy", quoted(unhealthy), UNHEALTHY))
    return causes
