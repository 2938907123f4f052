"""Label and field selectors: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pocketkube.errors import bad_request
from pocketkube.resources import EVENTS, NAMESPACES, NODES, PODS, Resource
from pocketkube.store import Object

Matches = Callable[[Object], bool]
SET = re.compile(r"(?P<key>[^\s,=!()]+)\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)")
EQUALITY = re.compile(r"(?P<key>[^\s,=!()]+)\s*(?P<operator>==|=|!=)\s*(?P<value>[^\s,=!()]*)")
EXISTS = re.compile(r"(?P<absent>!?)\s*(?P<key>[^\s,=!()]+)")
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
}


def parse_label_selector(text: str) -> Matches:
    """A predicate on objects; ApiError 400 for a text that is no selector."""
    requirements = [_requirement(each) for each in _split(text)]
    return lambda obj: all(each(obj["metadata"].get("labels") or {}) for each in requirements)


def parse_field_selector(resource: Resource, text: str) -> Matches:
    """A predicate on objects; ApiError 400 for a field that the kind does not offer."""
    known = FIELDS.get(resource, set()) | {"metadata.name", "metadata.namespace"}
    terms = []
    for term in filter(None, text.split(",")):
        match = EQUALITY.fullmatch(term.strip())
        if match is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{term}'")
        if match["key"] not in known:
            raise bad_request(f"field label not supported: {match['key']}")
        terms.append((match["key"].split("."), match["value"], match["operator"] == "!="))
    return lambda obj: all((_field(obj, path) == value) != negated for path, value, negated in terms)


def _field(obj: Object, path: list[str]) -> str:
    found: Any = obj
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, bool):
        return str(found).lower()
    return "" if found is None or isinstance(found, (dict, list)) else str(found)


def _split(text: str) -> list[str]:
    """At commas that are not within parentheses."""
    return [each.strip() for each in re.split(r",(?![^(]*\))", text) if each.strip()]


def _requirement(text: str) -> Callable[[dict[str, str]], bool]:
    if match := SET.fullmatch(text):
        key, values = match["key"], {value.strip() for value in match["values"].split(",")}
        wanted = match["operator"] == "in"
        return lambda labels: (labels.get(key) in values) == wanted
    if match := EQUALITY.fullmatch(text):
        key, value, equal = match["key"], match["value"], match["operator"] != "!="
        return lambda labels: (labels.get(key) == value) == equal
    if match := EXISTS.fullmatch(text):
        key, absent = match["key"], bool(match["absent"])
        return lambda labels: (key in labels) != absent
    words = text.split()
    found = words[1] if len(words) > 1 else text
    raise bad_request(f"unable to parse requirement: found '{found}', expected: in, notin, =, ==, !=, gt, lt")
