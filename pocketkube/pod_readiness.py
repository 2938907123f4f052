"""Whether a Pod serves: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions"""

from __future__ import annotations

from pocketkube.store import Object


def is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
