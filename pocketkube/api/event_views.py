"""Events as events.k8s.io/v1 names their fields; they are stored as those of the core group.

Source: k8s.io/kubernetes/pkg/apis/events/v1/conversion.go
"""

from __future__ import annotations

from aiohttp import web

from pocketkube.resources import EVENTS, EVENTS_V1, Resource
from pocketkube.store import Object

# {name in events.k8s.io/v1: name in v1}
RENAMED = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
CORE_NAMES = {core: new for new, core in RENAMED.items()}


def on_the_wire(request: web.Request, resource: Resource) -> Resource:
    """What the request calls a resource."""
    return EVENTS_V1 if _by_new_names(request) else resource


def outgoing(request: web.Request, obj: Object) -> Object:
    """An object as the request names its fields."""
    return as_new(obj) if _by_new_names(request) else obj


def incoming(request: web.Request, obj: Object) -> Object:
    """What the request brings, as it is stored."""
    return as_core(obj) if _by_new_names(request) else obj


def _by_new_names(request: web.Request) -> bool:
    return request.match_info.get("group") == EVENTS_V1.group


def as_new(event: Object) -> Object:
    """An Event of the core group as one of events.k8s.io/v1."""
    return _renamed(event, CORE_NAMES) | {"apiVersion": EVENTS_V1.api_version, "kind": EVENTS_V1.kind}


def as_core(event: Object) -> Object:
    """And back."""
    return _renamed(event, RENAMED) | {"apiVersion": EVENTS.api_version, "kind": EVENTS.kind}


def core_field(name: str) -> str:
    """A field of a field selector, by its name in the core group: `regarding.kind` is `involvedObject.kind`."""
    first, dot, rest = name.partition(".")
    return f"{RENAMED.get(first, first)}{dot}{rest}"


def _renamed(event: Object, names: dict[str, str]) -> Object:
    return {names.get(name, name): value for name, value in event.items()}
