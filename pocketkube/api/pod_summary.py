"""A Pod in a line: how many containers are ready, what it does, how often it was restarted.

It follows printPod in k8s.io/kubernetes/pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.store import Object


@dataclass(frozen=True, slots=True)
class PodSummary:
    """`last_restart`: when the last container that was restarted had ended, RFC 3339, or ""."""

    ready: int
    total: int
    status: str
    restarts: int
    last_restart: str


def summarize(pod: Object) -> PodSummary:
    """The phase, unless a container has something more telling to say."""
    status, spec = pod.get("status", {}), pod["spec"]
    sidecars = {each["name"] for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"}
    inits, containers = status.get("initContainerStatuses") or [], status.get("containerStatuses") or []
    conditions = {each["type"]: each for each in status.get("conditions") or ()}
    shown = str(status.get("reason") or status.get("phase", "Unknown"))
    if conditions.get("PodScheduled", {}).get("reason") == "SchedulingGated":
        shown = "SchedulingGated"
    initializing = _initializing(inits, sidecars, len(spec.get("initContainers") or ()))
    ready = sum(each["name"] in sidecars and each.get("started") and each["ready"] for each in inits)
    counted = list(inits)
    if not initializing or conditions.get("Initialized", {}).get("status") == "True":
        counted = [*(each for each in inits if each["name"] in sidecars), *containers]
        running = [each for each in containers if each["ready"] and "running" in each["state"]]
        ready += len(running)
        shown = _of_containers(containers) or shown
        if shown == "Completed" and running:
            shown = "Running" if conditions.get("Ready", {}).get("status") == "True" else "NotReady"
    else:
        shown = initializing
    if "deletionTimestamp" in pod["metadata"] and status.get("phase") not in ("Succeeded", "Failed"):
        shown = "Terminating"
    ended = [each.get("lastState", {}).get("terminated", {}).get("finishedAt") or "" for each in counted]
    return PodSummary(
        ready=ready,
        total=len(spec["containers"]) + len(sidecars),
        status=shown,
        restarts=sum(each["restartCount"] for each in counted),
        last_restart=max(ended, default=""),
    )


def _initializing(inits: list[Object], sidecars: set[str], total: int) -> str:
    """What the first init container that is not done shows; "" when all are."""
    for number, each in enumerate(inits):
        terminated, waiting = each["state"].get("terminated"), each["state"].get("waiting", {})
        if (terminated and terminated["exitCode"] == 0) or (each["name"] in sidecars and each.get("started")):
            continue
        if terminated:
            return f"Init:{_reason(terminated)}"
        if waiting.get("reason") and waiting["reason"] != "PodInitializing":
            return f"Init:{waiting['reason']}"
        return f"Init:{number}/{total}"
    return ""


def _of_containers(containers: list[Object]) -> str:
    """What the first container that does not simply run shows."""
    for each in containers:
        if each["state"].get("waiting", {}).get("reason"):
            return str(each["state"]["waiting"]["reason"])
        if "terminated" in each["state"]:
            return _reason(each["state"]["terminated"])
    return ""


def _reason(terminated: Object) -> str:
    return str(terminated.get("reason") or f"ExitCode:{terminated['exitCode']}")
