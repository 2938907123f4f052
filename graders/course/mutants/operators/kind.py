"""The kind, the API version or the Service's type is another one."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.fields import mapping
from graders.course.mutants.mutant import Edit, set_to
from graders.submission import Document

KINDS = {
    "Service": "Deployment",
    "EndpointSlice": "Endpoints",
    "Deployment": "StatefulSet",
    "StatefulSet": "Deployment",
}
VERSIONS = {
    "v1": ("apps/v1", "v1beta1", "v2"),
    "apps/v1": ("v1", "apps/v1beta1"),
    "discovery.k8s.io/v1": ("v1", "discovery.k8s.io/v1beta1"),
}
# https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types
TYPES = ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")


def edits(document: Document) -> Iterator[Edit]:
    content = document.content
    kind, version = content["kind"], content.get("apiVersion")
    for other in (KINDS.get(kind), f"{kind}s"):
        if other:
            yield set_to("kind", content, ("kind",), other)
    for other in VERSIONS.get(version, ()) if isinstance(version, str) else ():
        yield set_to("api-version", content, ("apiVersion",), other)
    if kind == "Service" and mapping(content, "spec"):
        own = mapping(content, "spec").get("type", TYPES[0])
        for other in TYPES:
            if other != own:
                yield set_to("service-type", content, ("spec", "type"), other)
