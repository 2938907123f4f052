"""Events as the scheduler and kube-proxy report them, by way of events.k8s.io/v1: with one exact time, and no count.

Source: k8s.io/client-go/tools/events/event_recorder.go
"""

from __future__ import annotations

import contextlib
import time

from pocketkube.errors import ApiError
from pocketkube.registry import Registry, micro_timestamp
from pocketkube.resources import EVENTS
from pocketkube.store import Object


class EventV1Recorder:
    """Reports in the name of `controller` on `host`."""

    def __init__(self, registry: Registry, controller: str, host: str) -> None:
        self._registry = registry
        self._controller = controller
        self._host = host

    def event(self, obj: Object, kind: str, reason: str, action: str, note: str) -> None:
        """`kind` is Normal or Warning. Never raises: an event that cannot be kept is not worth failing for."""
        metadata = obj["metadata"]
        fields = ("namespace", "name", "uid", "resourceVersion")
        regarding = {field: metadata[field] for field in fields if metadata.get(field)}
        event = {
            "metadata": {"name": f"{metadata['name']}.{time.time_ns():x}"},
            "involvedObject": {"kind": obj["kind"], "apiVersion": obj["apiVersion"], **regarding},
            "reason": reason,
            "message": note,
            "source": {},
            "firstTimestamp": None,
            "lastTimestamp": None,
            "eventTime": micro_timestamp(),
            "type": kind,
            "action": action,
            "reportingComponent": self._controller,
            "reportingInstance": f"{self._controller}-{self._host}",
        }
        with contextlib.suppress(ApiError):
            self._registry.create(EVENTS, event, metadata.get("namespace", "default"))
