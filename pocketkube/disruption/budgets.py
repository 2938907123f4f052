"""PodDisruptionBudgets: which of them cover a Pod, and how many Pods each still lets go.

Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/
"""

from __future__ import annotations

from pocketkube.label_selector import selects
from pocketkube.registry import timestamp
from pocketkube.resources import PODDISRUPTIONBUDGETS
from pocketkube.store import Object, Store

CONDITION = "DisruptionAllowed"
SYNC_FAILED = "SyncFailed"


def covering(store: Store, pod: Object) -> list[Object]:
    """The budgets that the Pod counts for."""
    return [each for each in store.list(PODDISRUPTIONBUDGETS, pod["metadata"]["namespace"]) if covers(each, pod)]


def covers(budget: Object, pod: Object) -> bool:
    """An empty selector selects every Pod of the namespace, a missing one none."""
    selector = (budget.get("spec") or {}).get("selector")
    return selector is not None and selects(selector, pod["metadata"].get("labels") or {})


def set_condition(status: Object, allowed: str, reason: str, message: str = "") -> None:
    """Write the condition DisruptionAllowed; its time changes with its status alone."""
    before = condition_of(status)
    stays = before is not None and before["status"] == allowed
    condition = {
        "type": CONDITION,
        "status": allowed,
        "observedGeneration": status.get("observedGeneration", 0),
        "lastTransitionTime": before["lastTransitionTime"] if before and stays else timestamp(),
        "reason": reason,
        "message": message,
    }
    others = [each for each in status.get("conditions") or () if each["type"] != CONDITION]
    status["conditions"] = [*others, condition]


def set_allowed(status: Object, count: int) -> None:
    """So many Pods may still go."""
    status["disruptionsAllowed"] = count
    set_condition(status, "True" if count else "False", "SufficientPods" if count else "InsufficientPods")


def condition_of(status: Object) -> Object | None:
    return next((each for each in status.get("conditions") or () if each["type"] == CONDITION), None)
