"""What a Job's own rules make of its Pods: which failures count, and when enough indexes have succeeded.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy
"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.controllers.jobs.indexes import parse
from pocketkube.store import Object


@dataclass(frozen=True, slots=True)
class Verdict:
    """`action`: of the rule that matched, Count when none did. `message`: why it matched."""

    action: str = "Count"
    message: str = ""


def judge_failure(job: Object, pod: Object) -> Verdict:
    """The first rule of the podFailurePolicy that a failed Pod matches."""
    name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    for number, rule in enumerate((job["spec"].get("podFailurePolicy") or {}).get("rules") or ()):
        matched = ""
        if "onExitCodes" in rule:
            found = _exit_code(rule["onExitCodes"], pod)
            if found:
                matched = f"Container {found[0]} for pod {name} failed with exit code {found[1]}"
        else:
            condition = _condition(rule.get("onPodConditions") or (), pod)
            if condition:
                matched = f"Pod {name} has condition {condition}"
        if matched:
            return Verdict(rule["action"], f"{matched} matching {rule['action']} rule at index {number}")
    return Verdict()


def success_rule(job: Object, succeeded: set[int]) -> str:
    """Which rule of the successPolicy the indexes satisfy, in words; "" when none."""
    for number, rule in enumerate((job["spec"].get("successPolicy") or {}).get("rules") or ()):
        wanted = parse(rule["succeededIndexes"]) if "succeededIndexes" in rule else None
        counted = succeeded if wanted is None else succeeded & wanted
        enough = rule.get("succeededCount", len(wanted or ()))
        if len(counted) >= enough:
            return f"Matched rules at index {number}"
    return ""


def _exit_code(requirement: Object, pod: Object) -> tuple[str, int] | None:
    status = pod.get("status", {})
    values = requirement["values"]
    for each in (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())):
        code = each["state"].get("terminated", {}).get("exitCode", 0)
        if code == 0 or requirement.get("containerName") not in (None, each["name"]):
            continue
        if (code in values) == (requirement["operator"] == "In"):
            return each["name"], code
    return None


def _condition(patterns: object, pod: Object) -> str:
    conditions = {each["type"]: each["status"] for each in pod.get("status", {}).get("conditions") or ()}
    assert isinstance(patterns, list | tuple)
    return next((each["type"] for each in patterns if conditions.get(each["type"]) == each["status"]), "")
