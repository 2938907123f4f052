"""The condition of a Pod that is ended from outside, which tells a Job why it ended.

Source: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
"""

from __future__ import annotations

from pocketkube.registry import timestamp
from pocketkube.store import Object


def tell_of_disruption(pod: Object, reason: str, message: str) -> None:
    """Add DisruptionTarget to the Pod's conditions."""
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "observedGeneration": pod["metadata"].get("generation", 1),
        "lastProbeTime": None,
        "lastTransitionTime": timestamp(),
        "reason": reason,
        "message": message,
    }
    status = pod.setdefault("status", {})
    status["conditions"] = [*(status.get("conditions") or ()), condition]
