"""The status of a Pod, from the states of its containers.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pocketkube.node.phase import pod_phase
from pocketkube.node.restarts import is_sidecar
from pocketkube.registry import timestamp
from pocketkube.store import Object

CREATING: Object = {"waiting": {"reason": "ContainerCreating"}}
EVICTED = "Evicted"
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
    user: Object = field(default_factory=dict)

    def status(self) -> Object:
        """A v1 ContainerStatus."""
        resources = self.spec.get("resources") or {}
        mounts = [
            {
                "name": mount["name"],
                "mountPath": mount["mountPath"],
                **({"readOnly": True, "recursiveReadOnly": "Disabled"} if mount.get("readOnly") else {}),
            }
            for mount in self.spec.get("volumeMounts") or ()
        ]
        running = "running" in self.state
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
            **({"allocatedResources": resources["requests"]} if running and resources.get("requests") else {}),
            **({"resources": resources} if running else {}),
            **({"volumeMounts": mounts} if mounts else {}),
            **({"user": {"linux": self.user}} if running and self.user else {}),
        }


@dataclass(frozen=True, slots=True)
class Situation:
    """What the kubelet knows of a Pod beside its containers. `failure`: reason and message when it was ended."""

    address: str
    host: str
    sandbox: bool
    terminal: bool
    failure: Object


def pod_status(
    pod: Object, old: Object, situation: Situation, inits: list[ContainerState], containers: list[ContainerState]
) -> Object:
    """The whole PodStatus. `old` is the one before: times of conditions that have not changed are kept."""
    policy_of = {each["name"]: each for each in pod["spec"].get("initContainers") or ()}
    sidecars = [each for each in inits if is_sidecar(policy_of.get(each.spec["name"], each.spec))]
    regular = [each for each in inits if each not in sidecars]
    phase = "Failed" if situation.failure else pod_phase(pod["spec"], inits, containers, terminal=situation.terminal)
    status: Object = {
        "observedGeneration": pod["metadata"].get("generation", 1),
        "phase": phase,
        "conditions": _conditions(pod, old, situation, phase, regular, sidecars, containers),
        **situation.failure,
        "hostIP": situation.host,
        "hostIPs": [{"ip": situation.host}],
        "startTime": old.get("startTime") or timestamp(),
        "containerStatuses": [each.status() for each in containers],
        "qosClass": old.get("qosClass", "BestEffort"),
    }
    if situation.address:
        status["podIP"] = situation.address
        status["podIPs"] = [{"ip": situation.address}]
    if inits:
        status["initContainerStatuses"] = [
            each.status() | ({"ready": _succeeded(each)} if each in regular else {}) for each in inits
        ]
    return status


def rejected_status(pod: Object, old: Object, failure: Object) -> Object:
    """The PodStatus of one that the kubelet has not admitted: nothing of it was ever begun."""
    return {
        "observedGeneration": pod["metadata"].get("generation", 1),
        "phase": "Failed",
        **({"conditions": old["conditions"]} if old.get("conditions") else {}),
        **failure,
        "startTime": old.get("startTime") or timestamp(),
        "qosClass": old.get("qosClass", "BestEffort"),
    }


def _conditions(
    pod: Object,
    old: Object,
    situation: Situation,
    phase: str,
    regular: list[ContainerState],
    sidecars: list[ContainerState],
    containers: list[ContainerState],
) -> list[Object]:
    begun = any("running" in each.state or "terminated" in each.state or each.last_state for each in containers)
    incomplete = [each.spec["name"] for each in regular if not _succeeded(each)]
    incomplete += [each.spec["name"] for each in sidecars if not each.started]
    initialized = begun or not incomplete
    unready = [each.spec["name"] for each in (*sidecars, *containers) if not each.ready]
    finished = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase)
    why: Object = {}
    if finished:
        why = {"reason": finished}
    elif unready:
        why = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{' '.join(unready)}]"}
    shut = _ungated(pod, old)
    ready = not why
    own = {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"}
    if situation.failure.get("reason") == EVICTED:
        own.add("DisruptionTarget")
    foreign = [each for each in old.get("conditions", ()) if each["type"] not in own]
    return [
        *foreign,
        *_disruption(pod, old, situation.failure),
        _condition(pod, old, "PodReadyToStartContainers", situation.sandbox),
        _condition(pod, old, "Initialized", initialized, _not_initialized(incomplete, phase)),
        _condition(pod, old, "Ready", ready and not shut, shut if ready else why),
        _condition(pod, old, "ContainersReady", ready, why),
        _condition(pod, old, "PodScheduled", True),
    ]


def _disruption(pod: Object, old: Object, failure: Object) -> list[Object]:
    """https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions"""
    if failure.get("reason") != EVICTED:
        return []
    why = {"reason": "TerminationByKubelet", "message": failure["message"]}
    return [{**_condition(pod, old, "DisruptionTarget", True), **why}]


def gates(pod: Object) -> dict[str, str | None]:
    """What the Pod's conditions say of each of its readiness gates; None where they say nothing."""
    found = {each["type"]: each["status"] for each in pod.get("status", {}).get("conditions") or ()}
    kinds = [each["conditionType"] for each in pod["spec"].get("readinessGates") or ()]
    return {kind: found.get(kind) for kind in kinds}


def _ungated(pod: Object, old: Object) -> Object:
    """Why the Pod is not ready though its containers are; {} when every gate is open.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate
    """
    missing = []
    for kind, value in gates({**pod, "status": old}).items():
        if value is None:
            missing.append(f'corresponding condition of pod readiness gate "{kind}" does not exist.')
        elif value != "True":
            missing.append(f'the status of pod readiness gate "{kind}" is not "True", but {value}')
    return {"reason": "ReadinessGatesNotReady", "message": ", ".join(missing)} if missing else {}


def _not_initialized(incomplete: list[str], phase: str) -> Object:
    """Also what a Pod that has succeeded says: it has been initialized, and is over."""
    if phase == "Succeeded":
        return {"reason": "PodCompleted"}
    names = " ".join(incomplete)
    return {"reason": "ContainersNotInitialized", "message": f"containers with incomplete status: [{names}]"}


def _succeeded(container: ContainerState) -> bool:
    return bool(container.state.get("terminated", {}).get("exitCode") == 0)


def _condition(pod: Object, old: Object, kind: str, is_true: bool, why: Object | None = None) -> Object:
    value = "True" if is_true else "False"
    before = next((each for each in old.get("conditions", ()) if each["type"] == kind), None)
    since = before["lastTransitionTime"] if before and before["status"] == value else timestamp()
    told = why or {}
    if is_true and told.get("reason") != "PodCompleted":
        told = {}
    return {
        "type": kind,
        "status": value,
        "observedGeneration": pod["metadata"].get("generation", 1),
        "lastProbeTime": None,
        "lastTransitionTime": since,
        **told,
    }
