"""The workload behind the Service: labels of its Pods, how many, the Service that names them, its probe."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.fields import mapping, named
from graders.course.mutants.mutant import Edit, set_to
from graders.submission import Document

OTHER_PORT = 8080  # on which servers are often said to listen
LABELS = ("spec", "template", "metadata", "labels")


def edits(document: Document) -> Iterator[Edit]:
    content = document.content
    spec = mapping(content, "spec")
    if "template" not in spec:
        return
    for key, value in mapping(content, *LABELS).items():
        yield set_to("pod-labels", content, (*LABELS, key), f"{value}s")
        if key in mapping(content, "spec", "selector", "matchLabels"):
            renamed = set_to("pod-labels", content, (*LABELS, key), f"{value}s").contents[0]
            renamed["spec"]["selector"]["matchLabels"][key] = f"{value}s"
            yield Edit("pod-labels", LABELS, f"and selector {key}: {value}s", (renamed,))
    if isinstance(replicas := spec.get("replicas", 1), int):
        for other in dict.fromkeys((0, 1, replicas + 1)):
            if other != replicas:
                yield set_to("replicas", content, ("spec", "replicas"), other)
    if isinstance(service := spec.get("serviceName"), str):
        for name in (f"{service}s", f"{service}-svc", f"{service}.default.svc.cluster.local"):
            yield set_to("service-name", content, ("spec", "serviceName"), name)
    for path, probe in named(content, "readinessProbe"):
        if mapping(probe, "httpGet"):
            yield set_to("probe", content, (*path, "httpGet", "path"), "/healthz")
            yield set_to("probe", content, (*path, "httpGet", "port"), OTHER_PORT)
