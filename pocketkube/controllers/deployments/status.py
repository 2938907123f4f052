"""The status of a Deployment, and what its conditions say of the rollout.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
"""

from __future__ import annotations

from pocketkube.controllers.deployments.annotations import max_unavailable
from pocketkube.controllers.reconcile import seconds_since
from pocketkube.registry import timestamp
from pocketkube.store import Object

NO_DEADLINE = 2**31 - 1
PROGRESSING = "Progressing"
COMPLETE = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"
PAUSED, RESUMED = "DeploymentPaused", "DeploymentResumed"


def counts(deployment: Object, current: Object | None, sets: list[Object]) -> Object:
    """A DeploymentStatus without conditions."""
    total = {
        field: sum(each.get("status", {}).get(field, 0) for each in sets)
        for field in ("replicas", "readyReplicas", "availableReplicas", "terminatingReplicas")
    }
    wanted = sum(each["spec"]["replicas"] for each in sets)
    status = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": total["replicas"],
        "updatedReplicas": current.get("status", {}).get("replicas", 0) if current else 0,
        "readyReplicas": total["readyReplicas"],
        "availableReplicas": total["availableReplicas"],
        "unavailableReplicas": max(wanted - total["availableReplicas"], 0),
        "collisionCount": deployment.get("status", {}).get("collisionCount", 0),
    }
    return {
        **{field: value for field, value in status.items() if value},
        "terminatingReplicas": total["terminatingReplicas"],
    }


def is_complete(deployment: Object, status: Object) -> bool:
    wanted = deployment["spec"]["replicas"]
    numbers = [status.get(field, 0) for field in ("updatedReplicas", "replicas", "availableReplicas")]
    return numbers == [wanted] * 3 and status.get("observedGeneration") == deployment["metadata"]["generation"]


def put(conditions: list[Object], kind: str, value: str, reason: str, message: str, *, renew: bool = False) -> None:
    """Set a condition in place. One that says the same stays as it is, unless `renew`; another goes to the end."""
    old = find(conditions, kind)
    if old and (old["status"], old["reason"]) == (value, reason) and not renew:
        return
    now = timestamp()
    conditions[:] = [each for each in conditions if each is not old]
    conditions.append(
        {
            "type": kind,
            "status": value,
            "lastUpdateTime": now,
            "lastTransitionTime": old["lastTransitionTime"] if old and old["status"] == value else now,
            "reason": reason,
            "message": message,
        }
    )


def find(conditions: list[Object], kind: str) -> Object | None:
    return next((each for each in conditions if each["type"] == kind), None)


def tell_availability(deployment: Object, status: Object, conditions: list[Object]) -> None:
    least = deployment["spec"]["replicas"] - max_unavailable(deployment)
    if status.get("availableReplicas", 0) >= least:
        what = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        what = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    put(conditions, "Available", *what)


def tell_progress(deployment: Object, current: Object | None, status: Object, conditions: list[Object]) -> float | None:
    """Set the Progressing condition; in how many seconds the deadline passes, if it is still to."""
    name = (
        f'ReplicaSet "{current["metadata"]["name"]}"' if current else f'Deployment "{deployment["metadata"]["name"]}"'
    )
    deadline = deployment["spec"]["progressDeadlineSeconds"]
    before = find(conditions, PROGRESSING)
    if deadline == NO_DEADLINE:
        conditions[:] = [each for each in conditions if each is not before]
        return None
    settled = before is not None and before["reason"] == COMPLETE
    if settled and status.get("replicas") == status.get("updatedReplicas"):
        return None
    if is_complete(deployment, status):
        put(conditions, PROGRESSING, "True", COMPLETE, f"{name} has successfully progressed.")
        return None
    if _has_progressed(deployment.get("status", {}), status):
        put(conditions, PROGRESSING, "True", "ReplicaSetUpdated", f"{name} is progressing.", renew=True)
        return float(deadline)
    if before is None or settled or before["reason"] == TIMED_OUT:
        return None
    left = float(deadline - seconds_since(before["lastUpdateTime"]))
    if left <= 0:
        put(conditions, PROGRESSING, "False", TIMED_OUT, f"{name} has timed out progressing.")
        return None
    return left


def tell_pause(deployment: Object, conditions: list[Object]) -> None:
    """A pause stops the clock of the rollout."""
    before = find(conditions, PROGRESSING)
    if deployment["spec"]["progressDeadlineSeconds"] == NO_DEADLINE or (before and before["reason"] == TIMED_OUT):
        return
    was_paused = before is not None and before["reason"] == PAUSED
    if deployment["spec"].get("paused") and not was_paused:
        put(conditions, PROGRESSING, "Unknown", PAUSED, "Deployment is paused")
    elif not deployment["spec"].get("paused") and was_paused:
        put(conditions, PROGRESSING, "Unknown", RESUMED, "Deployment is resumed")


def tell_failures(current: Object | None, sets: list[Object], conditions: list[Object]) -> None:
    """Why Pods cannot be created: what the newest ReplicaSet says goes before what the others say."""
    newest_first = sorted(sets, key=lambda each: each is not current)
    found = [condition for each in newest_first for condition in each.get("status", {}).get("conditions") or ()]
    conditions[:] = [each for each in conditions if each["type"] != "ReplicaFailure" or found]
    for each in found[:1]:
        put(conditions, each["type"], each["status"], each["reason"], each["message"])


def _has_progressed(old: Object, new: Object) -> bool:
    def number(status: Object, field: str) -> int:
        return int(status.get(field, 0))

    fewer_old = number(new, "replicas") - number(new, "updatedReplicas") < number(old, "replicas") - number(
        old, "updatedReplicas"
    )
    more = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return fewer_old or any(number(new, field) > number(old, field) for field in more)
