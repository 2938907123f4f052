"""What a submission may contain. A lab names its kinds; the rest holds for every lab."""

from __future__ import annotations

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
        if "namespace" in document.content.get("metadata", {}):
            what = "it names a namespace of its own. Leave metadata.namespace out: the lab has one for you."
            raise InvalidSubmission(document.where, what)
        if (kind, document.name) in given:
            what = (
                f"{kind} {printable(document.name)!r} belongs to the lab. Give yours the name that the task asks for."
            )
            raise InvalidSubmission(document.where, what)
        if kind == "Service":
            _service(document)


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
