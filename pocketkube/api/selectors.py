"""Label and field selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pocketkube import label_selector_text
from pocketkube.errors import bad_request
from pocketkube.resources import (
    EVENTS,
    JOBS,
    NAMESPACES,
    NODES,
    PODS,
    REPLICATIONCONTROLLERS,
    SECRETS,
    SERVICES,
    Resource,
)
from pocketkube.store import Object

Matches = Callable[[Object], bool]
EQUALITY = re.compile(r"(?P<key>[^\s,=!()]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^\s,=!()]*)")
FIELDS = {
    PODS: {
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    },
    EVENTS: {
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "type",
    },
    NAMESPACES: {"status.phase"},
    NODES: {"spec.unschedulable"},
    REPLICATIONCONTROLLERS: {"status.replicas"},
    SECRETS: {"type"},
    SERVICES: {"spec.clusterIP", "spec.type"},
    JOBS: {"status.successful"},
}


def parse_label_selector(text: str) -> Matches:
    """A predicate on objects; ApiError 400 for a text that is no selector."""
    try:
        matches = label_selector_text.parse(text)
    except ValueError as error:
        raise bad_request(str(error)) from error
    return lambda obj: matches(obj["metadata"].get("labels") or {})


def parse_field_selector(resource: Resource, text: str, stored_as: Callable[[str], str] = str) -> Matches:
    """A predicate on objects; ApiError 400 for a field that the kind does not offer.

    `stored_as`: what the field of a selector is called in the objects.
    """
    known = FIELDS.get(resource, set()) | {"metadata.name", "metadata.namespace"}
    terms = []
    for term in filter(None, text.split(",")):
        match = EQUALITY.fullmatch(term.strip())
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        field = stored_as(match["key"])
        if field not in known:
            raise bad_request(_not_supported(resource, match["key"]))
        terms.append((field.split("."), match["value"], match["operator"] == "!="))
    return lambda obj: all((_field(obj, path) == value) != negated for path, value, negated in terms)


def _not_supported(resource: Resource, label: str) -> str:
    if resource is JOBS:
        return f'field label "{label}" not supported for batchv1.Job'
    if resource in FIELDS:
        return f"field label not supported: {label}"
    return f'"{label}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def _field(obj: Object, path: list[str]) -> str:
    found: Any = obj
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None or isinstance(found, (dict, list)) else str(found)
