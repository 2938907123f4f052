"""The Pods behind the Service: why none, or not every one, is ready."""

from __future__ import annotations

from graders.diagnosis.situation import Object, Situation, listed, sentence
from graders.observe import is_ready
from graders.submission import printable
from graders.verdict import Diagnosis

FAILED_FOR_GOOD = 3  # probes, as the default failureThreshold


def not_ready(situation: Situation) -> Diagnosis | None:
    """Most is not final: a Pod may yet become ready."""
    if situation.service is None or not situation.wanted.pods:
        return None
    if not situation.wanted_pods:
        cause = f"There is no Pod with the labels {listed(situation.wanted.pods)}."
        return Diagnosis("no-pods", cause, "Apply the workload that makes them.", final=False)
    for pod in situation.wanted_pods:
        if not is_ready(pod):
            return _explain(situation, pod)
    return None


def _explain(situation: Situation, pod: Object) -> Diagnosis:
    name = pod["metadata"]["name"]
    where = _at(situation, pod, "image")
    if name in situation.logs:
        where = _at(situation, pod, "command")
        container, lines = situation.logs[name]
        cause = sentence(
            where, f"the Pod {name} crashes; the last that its container {container} wrote: {printable(lines)!r}."
        )
        final = any(_waiting(status).get("reason") == "CrashLoopBackOff" for status in _statuses(pod))
        return Diagnosis("crash-loop", cause, "Mend its command or its configuration.", final)
    for status in _statuses(pod):
        waiting = _waiting(status)
        if waiting.get("reason") in ("ErrImagePull", "ImagePullBackOff", "InvalidImageName"):
            cause = sentence(where, f"the image {printable(status['image'])} of the Pod {name} cannot be pulled.")
            return Diagnosis("image", cause, "Write an image and tag that exist.", final=False)
        if waiting.get("reason") in ("CreateContainerConfigError", "CreateContainerError", "RunContainerError"):
            cause = sentence(
                where, f"the container {status['name']} of the Pod {name} cannot start: {waiting.get('message')}."
            )
            return Diagnosis("container-config", cause, "Mend what it refers to.", final=False)
    failed, count = _failed_probes(situation, name)
    if failed:
        where = _at(situation, pod, "readinessProbe")
        cause = sentence(where, f"the Pod {name} is not ready, so it gets no traffic: {printable(failed)}.")
        remedy = "Let the readiness probe ask the port and path on which the container answers."
        return Diagnosis("readiness", cause, remedy, final=count >= FAILED_FOR_GOOD)
    conditions = pod.get("status", {}).get("conditions") or ()
    scheduled = next(
        (each for each in conditions if each["type"] == "PodScheduled" and each["status"] == "False"), None
    )
    if scheduled:
        cause = sentence(where, f"no node takes the Pod {name}: {scheduled.get('message', '').rstrip('.')}.")
        return Diagnosis("unschedulable", cause, "Ask for a node that there is.", final=False)
    cause = sentence(where, f"the Pod {name} is not ready yet.")
    return Diagnosis("not-ready", cause, f"See `kubectl describe pod {name}`.", final=False)


def _failed_probes(situation: Situation, pod: str) -> tuple[str, int]:
    """What the last probe that failed said, and how many have."""
    failed = [
        event
        for event in situation.events
        if event.get("reason") == "Unhealthy" and event["involvedObject"]["name"] == pod
    ]
    if not failed:
        return "", 0
    last = max(failed, key=lambda event: str(event.get("lastTimestamp")))
    return str(last["message"]), sum(event.get("count") or 1 for event in failed)


def _statuses(pod: Object) -> list[Object]:
    return list(pod.get("status", {}).get("containerStatuses") or ())


def _waiting(status: Object) -> Object:
    return (status.get("state") or {}).get("waiting") or {}


def _at(situation: Situation, pod: Object, field: str) -> str:
    """`file:line: ` of a field of the first container that has it, in the submission's workload that made the Pod."""
    for document in situation.documents:
        made = document.name and pod["metadata"]["name"].startswith(f"{document.name}-")
        if made and document.content["kind"] in ("Deployment", "StatefulSet"):
            containers = pod["spec"]["containers"]
            number = next((each for each, container in enumerate(containers) if field in container), 0)
            return f"{document.at('spec', 'template', 'spec', 'containers', number, field)}: "
    return ""
