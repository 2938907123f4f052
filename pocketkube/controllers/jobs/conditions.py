"""The conditions of a Job, and what they say of it.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions
"""

from __future__ import annotations

from pocketkube.registry import timestamp
from pocketkube.store import Object

FAILURE_TARGET, FAILED = "FailureTarget", "Failed"
SUCCESS_CRITERIA_MET, COMPLETE = "SuccessCriteriaMet", "Complete"
FINAL = {FAILURE_TARGET: FAILED, SUCCESS_CRITERIA_MET: COMPLETE}  # what each becomes once no Pod is left


def find(status: Object, kind: str) -> Object | None:
    """The condition of that type, if it is True."""
    return next((each for each in status.get("conditions") or () if each["type"] == kind and _holds(each)), None)


def is_finished(status: Object) -> bool:
    return any(find(status, kind) for kind in FINAL.values())


def put(status: Object, kind: str, reason: str, message: str, *, holds: bool = True) -> bool:
    """Set a condition in place; whether that changed anything. One that never was is not made False."""
    conditions = status.setdefault("conditions", [])
    old = next((each for each in conditions if each["type"] == kind), None)
    if (old is None and not holds) or (old and (_holds(old), old["reason"]) == (holds, reason)):
        return False
    now = timestamp()
    new = {
        "type": kind,
        "status": "True" if holds else "False",
        "lastProbeTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }
    if old:
        conditions[conditions.index(old)] = new
    else:
        conditions.append(new)
    return True


def _holds(condition: Object) -> bool:
    return bool(condition["status"] == "True")
