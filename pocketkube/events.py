"""Events that the parts of the cluster report of objects: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/"""

from __future__ import annotations

import contextlib
import time

from pocketkube.errors import ApiError
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import EVENTS
from pocketkube.store import Object

SIMILAR = 10  # messages for one reason of one object; what comes after them becomes one event
MEMORY = 600.0  # seconds after the last of them until similar events are told one by one again
REMEMBERED = 1024  # of one recorder: an equal event again raises the count of the one before


class EventRecorder:
    """Reports in the name of `component` on `host`."""

    def __init__(self, registry: Registry, component: str, host: str = "") -> None:
        self._registry = registry
        self._component = component
        self._host = host
        self._seen: dict[tuple[str, ...], tuple[str, str]] = {}
        self._similar: dict[tuple[str, ...], tuple[float, set[str]]] = {}

    def event(self, obj: Object, kind: str, reason: str, message: str, field_path: str = "") -> None:
        """`kind` is Normal or Warning. Never raises: an event that cannot be kept is not worth failing for.

        Equal ones are counted and many similar ones combined, as EventCorrelator does:
        k8s.io/client-go/tools/record/events_cache.go
        """
        metadata = obj["metadata"]
        group = (metadata["uid"], kind, reason)
        key: tuple[str, ...] = (*group, message, field_path)
        if self._is_one_of_many(group, message):
            key, message = group, f"(combined from similar events): {message}"
        with contextlib.suppress(ApiError):
            if key in self._seen and self._count(*self._seen[key], message):
                return
            namespace = metadata.get("namespace", "default")
            made = self._registry.create(EVENTS, self._new(obj, kind, reason, message, field_path), namespace)
            if len(self._seen) >= REMEMBERED:
                self._seen.pop(next(iter(self._seen)))
            self._seen[key] = (namespace, made["metadata"]["name"])

    def _is_one_of_many(self, group: tuple[str, ...], message: str) -> bool:
        now = time.monotonic()
        last, messages = self._similar.pop(group, (now, set()))
        if now - last > MEMORY:
            messages = set()
        messages.add(message)
        many = len(messages) >= SIMILAR
        if many:
            messages.pop()
        if len(self._similar) >= REMEMBERED:
            self._similar.pop(next(iter(self._similar)))
        self._similar[group] = now, messages
        return many

    def _count(self, namespace: str, name: str, message: str) -> bool:
        def once_more(event: Object) -> None:
            event["count"] += 1
            event["message"] = message
            event["lastTimestamp"] = timestamp()

        if self._registry.store.find(EVENTS, namespace, name) is None:
            return False
        self._registry.modify(EVENTS, namespace, name, once_more)
        return True

    def _new(self, obj: Object, kind: str, reason: str, message: str, field_path: str) -> Object:
        metadata = obj["metadata"]
        now = timestamp()
        involved = {
            "kind": obj["kind"],
            "namespace": metadata.get("namespace", ""),
            "name": metadata["name"],
            "uid": metadata["uid"],
            "apiVersion": obj["apiVersion"],
            "resourceVersion": metadata["resourceVersion"],
            "fieldPath": field_path,
        }
        return {
            "metadata": {"name": f"{metadata['name']}.{time.time_ns():x}"},
            "involvedObject": {field: value for field, value in involved.items() if value},
            "reason": reason,
            "message": message,
            "source": {"component": self._component, **({"host": self._host} if self._host else {})},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "eventTime": None,
            "count": 1,
            "type": kind,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
        }
