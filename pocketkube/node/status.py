"""The status of a Pod, from the states of its containers.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pocketkube.registry import timestamp
from pocketkube.store import Object

CREATING: Object = {"waiting": {"reason": "ContainerCreating"}}
INITIALIZING: Object = {"waiting": {"reason": "PodInitializing"}}


@dataclass(slots=True)
class ContainerState:
    """What the kubelet knows of one container; `state` and `last_state` are ContainerState objects of the API."""

    spec: Object
    state: Object = field(default_factory=lambda: CREATING)
    last_state: Object = field(default_factory=dict)
    ready: bool = False
    started: bool = False
    restarts: int = 0
    container_id: str = ""
    image_id: str = ""

    def status(self) -> Object:
        """A v1 ContainerStatus."""
        return {
            "name": self.spec["name"],
            "state": self.state,
            "lastState": self.last_state,
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": self.spec["image"],
            "imageID": self.image_id,
            **({"containerID": self.container_id} if self.container_id else {}),
            "started": self.started,
        }


def pod_status(
    pod: Object, old: Object, address: str, host: str, inits: list[ContainerState], containers: list[ContainerState]
) -> Object:
    """The whole PodStatus. `old` is the one before: times of conditions that have not changed are kept."""
    phase = _phase(pod, inits, containers)
    incomplete = [each.spec["name"] for each in inits if "terminated" not in each.state or _exit(each)]
    unready = [each.spec["name"] for each in containers if not each.ready]
    finished = phase in ("Succeeded", "Failed")
    ready = not unready and not finished
    why: Object = {}
    if phase == "Succeeded":
        why = {"reason": "PodCompleted"}
    elif phase == "Failed":
        why = {"reason": "PodFailed"}
    elif unready:
        why = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{' '.join(unready)}]"}
    scheduled = [each for each in old.get("conditions", ()) if each["type"] == "PodScheduled"]
    conditions = [
        _condition(pod, old, "PodReadyToStartContainers", bool(address)),
        _condition(pod, old, "Initialized", not incomplete, _not_initialized(incomplete)),
        _condition(pod, old, "Ready", ready, why),
        _condition(pod, old, "ContainersReady", ready, why),
        *(scheduled or [_condition(pod, old, "PodScheduled", True)]),
    ]
    status: Object = {
        "observedGeneration": pod["metadata"].get("generation", 1),
        "phase": phase,
        "conditions": conditions,
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "startTime": old.get("startTime") or timestamp(),
        "containerStatuses": [each.status() for each in containers],
        "qosClass": old.get("qosClass", "BestEffort"),
    }
    if address:
        status["podIP"] = address
        status["podIPs"] = [{"ip": address}]
    if inits:
        status["initContainerStatuses"] = [each.status() for each in inits]
    return status


def _not_initialized(incomplete: list[str]) -> Object:
    names = " ".join(incomplete)
    return {"reason": "ContainersNotInitialized", "message": f"containers with incomplete status: [{names}]"}


def _phase(pod: Object, inits: list[ContainerState], containers: list[ContainerState]) -> str:
    """https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase"""
    policy = pod["spec"].get("restartPolicy", "Always")
    if policy == "Never" and any("terminated" in each.state and _exit(each) for each in inits):
        return "Failed"
    begun = [each for each in containers if "waiting" not in each.state or each.last_state]
    if len(begun) < len(containers):
        return "Pending"
    ended = [each for each in containers if "terminated" in each.state]
    if len(ended) == len(containers):
        failed = any(_exit(each) for each in ended)
        if policy == "Never" or (policy == "OnFailure" and not failed):
            return "Failed" if failed else "Succeeded"
    return "Running"


def _exit(container: ContainerState) -> int:
    return int(container.state["terminated"]["exitCode"])


def _condition(pod: Object, old: Object, kind: str, is_true: bool, why: Object | None = None) -> Object:
    value = "True" if is_true else "False"
    before = next((each for each in old.get("conditions", ()) if each["type"] == kind), None)
    since = before["lastTransitionTime"] if before and before["status"] == value else timestamp()
    return {
        "type": kind,
        "status": value,
        "observedGeneration": pod["metadata"].get("generation", 1),
        "lastProbeTime": None,
        "lastTransitionTime": since,
        **({} if is_true else why or {}),
    }
