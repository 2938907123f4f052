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
    shown = str(status.get("reason") or status.get("phase", ""))
    if conditions.get("PodScheduled", {}).get("reason") == "SchedulingGated":
        shown = "SchedulingGated"
    at = next((number for number, each in enumerate(inits) if not _is_past(each, sidecars)), None)
    counted = inits if at is None else inits[: at + 1]
    ready = sum(each["name"] in sidecars and bool(each.get("started")) and each["ready"] for each in counted)
    if at is not None:
        shown = _initializing(inits[at], at, len(spec.get("initContainers") or ()))
    if at is None or conditions.get("Initialized", {}).get("status") == "True":
        counted = [*(each for each in counted if each["name"] in sidecars), *containers]
        running = sum(_is_running(each) for each in containers)
        ready += running
        shown = _of_containers(containers) or shown
        if shown == "Completed":
            is_ready = bool(running) and conditions.get("Ready", {}).get("status") == "True"
            shown = "Running" if is_ready else _failure(containers) or ("NotReady" if running else shown)
    if "deletionTimestamp" in pod["metadata"]:
        if status.get("reason") == "NodeLost":
            shown = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            shown = "Terminating"
    ended = [each.get("lastState", {}).get("terminated", {}).get("finishedAt") or "" for each in counted]
    return PodSummary(
        ready=ready,
        total=len(spec["containers"]) + len(sidecars),
        status=shown,
        restarts=sum(each["restartCount"] for each in counted),
        last_restart=max(ended, default=""),
    )


def _is_past(status: Object, sidecars: set[str]) -> bool:
    """Whether initialization goes on after this init container."""
    terminated = status["state"].get("terminated")
    if terminated and terminated["exitCode"] == 0:
        return True
    return status["name"] in sidecars and bool(status.get("started"))


def _initializing(status: Object, number: int, total: int) -> str:
    """What the init container shows that the Pod waits for."""
    terminated, waiting = status["state"].get("terminated"), status["state"].get("waiting", {})
    if terminated:
        return f"Init:{_reason(terminated)}"
    if waiting.get("reason") and waiting["reason"] != "PodInitializing":
        return f"Init:{waiting['reason']}"
    return f"Init:{number}/{total}"


def _is_running(status: Object) -> bool:
    """Whether a container counts as ready."""
    state = status["state"]
    ended = "terminated" in state or state.get("waiting", {}).get("reason")
    return not ended and bool(status["ready"]) and "running" in state


def _of_containers(containers: list[Object]) -> str:
    """What the first container that does not simply run shows."""
    for each in containers:
        if each["state"].get("waiting", {}).get("reason"):
            return str(each["state"]["waiting"]["reason"])
        if "terminated" in each["state"]:
            return _reason(each["state"]["terminated"])
    return ""


def _failure(containers: list[Object]) -> str:
    """The reason of the first container that ended in failure, or ""."""
    ends = (each["state"].get("terminated") for each in containers)
    return next((_reason(end) for end in ends if end and end["exitCode"] != 0), "")


def _reason(terminated: Object) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    signal = terminated.get("signal")
    return f"Signal:{signal}" if signal else f"ExitCode:{terminated['exitCode']}"
