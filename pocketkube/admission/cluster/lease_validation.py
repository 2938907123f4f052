"""Validation of Leases: k8s.io/kubernetes/pkg/apis/coordination/validation"""

from __future__ import annotations

from pocketkube.admission.formats import not_negative, qualified_name, quoted
from pocketkube.errors import Cause
from pocketkube.store import Object

STRATEGIES = ["OldestEmulationVersion"]


def validate(lease: Object) -> list[Cause]:
    spec = lease.get("spec") or {}
    causes = []
    duration = spec.get("leaseDurationSeconds")
    if duration is not None and duration <= 0:
        causes.append(Cause.invalid("spec.leaseDurationSeconds", str(duration), "must be greater than 0"))
    causes += not_negative(spec.get("leaseTransitions") or 0, "spec.leaseTransitions")
    strategy, field = spec.get("strategy"), "spec.strategy.strategy"
    if strategy is not None and "/" in strategy:
        causes += qualified_name(strategy, field)
    elif strategy is not None and strategy not in STRATEGIES:
        causes.append(Cause.unsupported(field, quoted(strategy), STRATEGIES))
    if spec.get("preferredHolder") and not strategy:
        causes.append(Cause.forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined"))
    return causes
