"""What a submission may contain. A lab names its kinds; the rest holds for every lab."""

from __future__ import annotations

from typing import Any

from graders.lab import Lab
from graders.submission import Document, InvalidSubmission, printable


def enforce(lab: Lab, documents: list[Document], given: set[tuple[str, str]]) -> None:
    """InvalidSubmission for the first object that is not allowed. `given`: (kind, name) of the lab's own objects."""
    for document in documents:
        kind = str(document.content["kind"])
        if kind not in lab.kinds:
            allowed = " and ".join(lab.kinds)
            shown = printable(kind)
            raise InvalidSubmission(document.where, f"{shown} is not allowed in this lab, only {allowed}. Take it out.")
        namespace = document.content.get("metadata", {}).get("namespace")
        if namespace is not None and namespace not in lab.namespaces:
            what = "it names a namespace of its own. Leave metadata.namespace out: the lab has one for you."
            raise InvalidSubmission(document.at("metadata", "namespace"), what)
        if (kind, document.name) in given:
            what = (
                f"{kind} {printable(document.name)!r} belongs to the lab. Give yours the name that the task asks for."
            )
            raise InvalidSubmission(document.where, what)
        if kind == "Service":
            _service(document)
        if kind in ("Deployment", "StatefulSet"):
            _pod_template(lab, document)


def _service(document: Document) -> None:
    spec = document.content.get("spec")
    if not isinstance(spec, dict):
        return  # the API server says what is wrong with it
    if spec.get("type") == "LoadBalancer":
        raise InvalidSubmission(document.where, "a LoadBalancer Service is not allowed. Use the type of the task.")
    if spec.get("externalIPs"):
        raise InvalidSubmission(document.where, "spec.externalIPs is not allowed. Take it out.")
    ports = spec.get("ports")
    for port in ports if isinstance(ports, list) else ():
        if isinstance(port, dict) and port.get("nodePort"):
            raise InvalidSubmission(
                document.where, "a pinned nodePort is not allowed. Leave nodePort out: it is allocated."
            )


# What a Pod may not ask for: the Baseline Pod Security Standard and, besides, anything outside the lab.
# Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
POD_FIELDS = ("hostNetwork", "hostPID", "hostIPC", "nodeName", "serviceAccountName", "serviceAccount", "hostAliases")
VOLUMES = ("configMap", "emptyDir", "downwardAPI")


def _pod_template(lab: Lab, document: Document) -> None:
    path: tuple[str | int, ...] = ("spec", "template", "spec")
    pod: Any = document.content
    for part in path:
        pod = pod.get(part) if isinstance(pod, dict) else None
    if not isinstance(pod, dict):
        return  # the API server says what is wrong with it
    for name in POD_FIELDS:
        if pod.get(name):
            raise InvalidSubmission(document.at(*path, name), f"{name} is not allowed. Take it out.")
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for number, container in enumerate(_mappings(pod.get(kind))):
            _container(lab, document, container, (*path, kind, number))
    for number, volume in enumerate(_mappings(pod.get("volumes"))):
        other = [name for name in volume if name not in ("name", *VOLUMES)]
        if other:
            what = f"a volume of the kind {printable(str(other[0]))} is not allowed. Use one of {', '.join(VOLUMES)}."
            raise InvalidSubmission(document.at(*path, "volumes", number, str(other[0])), what)


def _container(lab: Lab, document: Document, container: dict[str, Any], path: tuple[str | int, ...]) -> None:
    image = container.get("image", "")
    if image not in lab.images:
        allowed = " or ".join(lab.images)
        what = f"the image {printable(str(image))} is not allowed in this lab. Use {allowed}."
        raise InvalidSubmission(document.at(*path, "image"), what)
    context = container.get("securityContext")
    for name in ("privileged", "capabilities", "procMount", "seLinuxOptions"):
        if isinstance(context, dict) and context.get(name):
            where = document.at(*path, "securityContext", name)
            raise InvalidSubmission(where, f"securityContext.{name} is not allowed. Take it out.")
    for number, port in enumerate(_mappings(container.get("ports"))):
        if port.get("hostPort"):
            where = document.at(*path, "ports", number, "hostPort")
            raise InvalidSubmission(where, "hostPort is not allowed. Take it out.")


def _mappings(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
