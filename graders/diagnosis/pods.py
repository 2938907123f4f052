"""The Pods behind the Service: why none, or not every one, is ready."""

from __future__ import annotations

from graders.diagnosis.situation import Object, Situation, crashed, labels_of, listed, sentence, statuses
from graders.observe import is_ready
from graders.submission import Document, printable
from graders.verdict import Diagnosis

WORKLOADS = ("Deployment", "StatefulSet")
FAILED_FOR_GOOD = 3  # probes, as the default failureThreshold


def not_ready(situation: Situation) -> Diagnosis | None:
    """Most is not final: a Pod may yet become ready."""
    if situation.service is None or not situation.wanted.pods:
        return None
    if not situation.wanted_pods:
        return _no_pods(situation)
    for pod in situation.wanted_pods:
        if not is_ready(pod):
            return _explain(situation, pod)
    return None


def _no_pods(situation: Situation) -> Diagnosis:
    """It is final where nothing makes such Pods: neither the submission in the Service's namespace nor the lab."""
    asked = listed(situation.wanted.pods)
    there_is_none = f"There is no Pod with the labels {asked}."
    workloads = [each for each in situation.documents if each.content["kind"] in WORKLOADS]
    makers = [each for each in (*workloads, *situation.given) if _makes(each, situation.wanted.pods)]
    maker = next((each for each in makers if not each.namespace), None)
    if maker is None and makers:
        there = printable(makers[0].namespace)
        cause = f"{makers[0].at('metadata', 'namespace')}: the Pods are made in the namespace {there}, not here."
        remedy = "Leave metadata.namespace out: a Service selects Pods of its own namespace only."
        return Diagnosis("pods-elsewhere", cause, remedy)
    if maker is not None:
        if (maker.content.get("spec") or {}).get("replicas") == 0:
            cause = f"{maker.at('spec', 'replicas')}: replicas is 0, so there are no Pods."
            return Diagnosis("no-replicas", cause, "Write how many there shall be.")
        remedy = f"See `kubectl describe {maker.content['kind'].lower()} {maker.name}`."
        return Diagnosis("no-pods", there_is_none, remedy, final=False)
    workload = next((each for each in workloads if each.name == situation.wanted.name), None)
    if workload is None:
        return Diagnosis("no-pods", there_is_none, "Apply the workload that makes them.")
    where = workload.at("spec", "template", "metadata", "labels")
    labels = printable(listed(_template_labels(workload))) or "none"
    cause = f"{where}: the Pods get the labels {labels}; the Service asks for others."
    return Diagnosis("pod-labels", cause, f"Give them {asked}.")


def _makes(document: Document, labels: dict[str, str]) -> bool:
    """Whether a document is a Pod with the labels, or a workload, of any kind, of such Pods."""
    own = labels_of(document.content) if document.content["kind"] == "Pod" else _template_labels(document)
    return labels.items() <= own.items()


def _template_labels(document: Document) -> dict[str, str]:
    template = (document.content.get("spec") or {}).get("template") or {}
    return (template.get("metadata") or {}).get("labels") or {}


def _explain(situation: Situation, pod: Object) -> Diagnosis:
    name = pod["metadata"]["name"]
    liveness, _ = _failed_probes(situation, name, "Liveness")
    failed, count = _failed_probes(situation, name, "Readiness")
    ended = crashed(pod)
    if ended and liveness:
        where = _at(situation, pod, "livenessProbe", ended["name"])
        cause = sentence(where, f"the Pod {name} is started anew again and again: {printable(liveness)}.")
        remedy = "Let the liveness probe ask the port and path on which the container answers, or leave it out."
        return Diagnosis("liveness", cause, remedy, final=False)
    if ended:
        return _crash(situation, pod, ended)
    for status in statuses(pod):
        where = _at(situation, pod, "image", status["name"])
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in ("ErrImagePull", "ImagePullBackOff", "InvalidImageName"):
            cause = sentence(where, f"the image {printable(status['image'])} of the Pod {name} cannot be pulled.")
            return Diagnosis("image", cause, "Write an image and tag that exist.", final=False)
        if waiting.get("reason") in ("CreateContainerConfigError", "CreateContainerError", "RunContainerError"):
            why = printable(str(waiting.get("message"))).rstrip(".")
            cause = sentence(where, f"the container {status['name']} of the Pod {name} cannot start: {why}.")
            return Diagnosis("container-config", cause, "Mend what it refers to.", final=False)
    if failed:
        where = _at(situation, pod, "readinessProbe")
        cause = sentence(where, f"the Pod {name} is not ready, so it gets no traffic: {printable(failed)}.")
        in_vain = _asks_in_vain(situation, pod)
        remedy = "Let the readiness probe ask the port and path on which the container answers."
        # A server that is still starting fails its probes too; one that answers 404 has started.
        final = count >= FAILED_FOR_GOOD and (bool(in_vain) or "statuscode: 4" in failed)
        return Diagnosis("readiness", cause + in_vain, remedy, final)
    where = _at(situation, pod, "image")
    conditions = pod.get("status", {}).get("conditions") or ()
    scheduled = next(
        (each for each in conditions if each["type"] == "PodScheduled" and each["status"] == "False"), None
    )
    if scheduled:
        cause = sentence(where, f"no node takes the Pod {name}: {scheduled.get('message', '').rstrip('.')}.")
        return Diagnosis("unschedulable", cause, "Ask for a node that there is.", final=False)
    cause = sentence(where, f"the Pod {name} is not ready yet.")
    return Diagnosis("not-ready", cause, f"See `kubectl describe pod {name}`.", final=False)


def _crash(situation: Situation, pod: Object, status: Object) -> Diagnosis:
    name, container, end = pod["metadata"]["name"], status["name"], status["lastState"]["terminated"]
    lines = situation.log(pod)
    said = f"the last that its container {container} wrote: {printable(lines)!r}"
    if end.get("reason") == "StartError":  # of the container runtime: there is no such command, say
        said = f"its container {container} cannot be started: {printable(str(end.get('message'))).rstrip('.')}"
    elif not lines:
        killed = " (killed for want of memory)" if end.get("reason") == "OOMKilled" else ""
        said = f"its container {container} wrote nothing and ended with exit code {end['exitCode']}{killed}"
    cause = sentence(_at(situation, pod, "command", container), f"the Pod {name} crashes; {said}.")
    remedy = "Mend its command or its configuration."
    if end["exitCode"] == 0:
        remedy = "Let its command go on: a server does not come to an end."
    # The first restart is at once; it waits before the next one only when it has crashed twice.
    waits_for = ((status.get("state") or {}).get("waiting") or {}).get("reason")
    return Diagnosis("crash-loop", cause, remedy, final=waits_for == "CrashLoopBackOff")


def _failed_probes(situation: Situation, pod: str, kind: str) -> tuple[str, int]:
    """What the last probe of a kind that failed said, and how many have."""
    failed = [
        event
        for event in situation.events
        if event.get("reason") == "Unhealthy"
        and event["involvedObject"]["name"] == pod
        and str(event.get("message")).startswith(f"{kind} probe")
    ]
    if not failed:
        return "", 0
    last = max(failed, key=lambda event: str(event.get("lastTimestamp")))
    return str(last["message"]).strip(), sum(event.get("count") or 1 for event in failed)


def _asks_in_vain(situation: Situation, pod: Object) -> str:
    """` It asks port 8080; …` where the readiness probe asks a port on which nobody in the Pod listens; else ""."""
    listening = situation.listening(pod)
    for container in pod["spec"]["containers"]:
        probe = container.get("readinessProbe") or {}
        port = (probe.get("httpGet") or probe.get("tcpSocket") or {}).get("port")
        number = next(
            (each["containerPort"] for each in container.get("ports") or () if each.get("name") == port), port
        )
        if number and listening and number not in listening:
            has = ", ".join(str(each) for each in sorted(listening))
            return f" It asks port {printable(str(port))}; the Pod listens on: {has}."
    return ""


def _at(situation: Situation, pod: Object, field: str, container: str = "") -> str:
    """`file:line: ` of a field of a container in the submission's workload that made the Pod.

    Without a name: of the first container that has the field.
    """
    document = _maker(situation, pod)
    if document is None:
        return ""
    containers = pod["spec"]["containers"]
    is_meant = [each["name"] == container if container else field in each for each in containers]
    number = is_meant.index(True) if True in is_meant else 0
    return f"{document.at('spec', 'template', 'spec', 'containers', number, field)}: "


def _maker(situation: Situation, pod: Object) -> Document | None:
    """Its Pods' names begin with its own, and they have the labels of its template."""
    for document in situation.documents:
        is_named = document.content["kind"] in WORKLOADS and pod["metadata"]["name"].startswith(f"{document.name}-")
        if is_named and _template_labels(document).items() <= labels_of(pod).items():
            return document
    return None
