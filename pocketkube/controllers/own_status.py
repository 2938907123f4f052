"""The status that a controller reports of its objects, and the events that come of it: they tell it nothing new."""

from __future__ import annotations

from pocketkube.registry import Registry
from pocketkube.resources import Resource
from pocketkube.store import Event, Object


class OwnStatus:
    def __init__(self, registry: Registry, resource: Resource) -> None:
        self._registry = registry
        self._resource = resource
        self._revisions: set[str] = set()  # whose events are still to come

    def report(self, obj: Object, status: Object) -> None:
        written = self._registry.update(self._resource, {**obj, "status": status}, subresource="status")
        revision = written["metadata"]["resourceVersion"]
        if revision != obj["metadata"]["resourceVersion"]:
            self._revisions.add(revision)

    def comes_of_it(self, event: Event) -> bool:
        """To be asked once of each event."""
        revision = event.object["metadata"]["resourceVersion"]
        if revision not in self._revisions:
            return False
        self._revisions.remove(revision)
        return True
