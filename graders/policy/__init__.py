"""What a submission may contain. A lab names its kinds and images, among those that are allowed at all.

A wrong type is none of the policy's business: the API server explains it.
"""

from __future__ import annotations

import re

from graders.lab import KINDS, Lab
from graders.policy import metadata, pods, services, slices
from graders.submission import Document, InvalidSubmission, printable

TINY_TOOLS = "tiny-tools"  # what the checks run in, and the Service that shows when the cluster has caught up
API_VERSION = re.compile(r"[A-Za-z0-9.-]+(/[A-Za-z0-9.-]+)?")
# Built into the API server. What is in another group is another kind, whatever it is called: Knative has a Service.
GROUPS = {"apps", "batch", "autoscaling", "policy", "extensions", "networking.k8s.io", "discovery.k8s.io"}


def enforce(lab: Lab, documents: list[Document], given: set[tuple[str, str]]) -> None:
    """InvalidSubmission for the first object that is not allowed. `given`: (kind, name) of the lab's own objects."""
    room = pods.MOST_PODS
    for document in documents:
        _kind(lab, document)
        metadata.enforce(document, lab.namespaces)
        kind = str(document.content["kind"])
        if (kind, document.name) in given or document.name == TINY_TOOLS:
            what = f"{kind} {printable(document.name)!r} belongs to the lab"
            where = document.at("metadata", "name")
            raise InvalidSubmission(where, f"{what}. Give yours the name that the task asks for.")
        match kind:
            case "Service":
                services.enforce(document)
            case "EndpointSlice" | "Endpoints":
                slices.enforce(document)
            case _:
                room = pods.enforce(document, lab.images, room)


def _kind(lab: Lab, document: Document) -> None:
    kind = str(document.content["kind"])
    if kind not in lab.kinds or kind not in KINDS:
        what = f"{printable(kind)} is not allowed in this lab, only {' and '.join(lab.kinds)}. Take it out."
        raise InvalidSubmission(document.at("kind"), what)
    version = document.content.get("apiVersion")
    if not isinstance(version, str):
        return
    where = document.at("apiVersion")
    if not API_VERSION.fullmatch(version) or ".." in version:
        what = f"{printable(version)!r} is no apiVersion. Write what `kubectl explain {kind.lower()}` shows as VERSION."
        raise InvalidSubmission(where, what)
    group = version.rpartition("/")[0]
    if group and group not in GROUPS:
        raise InvalidSubmission(where, f"the API group {printable(group)} is not allowed. Use Kubernetes' own {kind}.")
