"""Garbage collection by ownerReferences: https://kubernetes.io/docs/concepts/architecture/garbage-collection/"""

from __future__ import annotations

import contextlib

from pocketkube.controllers.reconcile import key_of
from pocketkube.errors import ApiError
from pocketkube.registry import Registry
from pocketkube.resources import SERVED, Resource
from pocketkube.store import Event, Object

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class GarbageCollector:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._dependents: dict[str, dict[str, tuple[Resource, Object]]] = {}  # by the owner's uid, then their own
        self._alive: set[str] = set()

    async def run(self) -> None:
        with self._store.watch(*SERVED) as watch:
            async for events in watch:
                for event in events:
                    self._index(event)
                for event in events:
                    with contextlib.suppress(ApiError):  # changed meanwhile: another event tells of it
                        self._collect(event)

    def _index(self, event: Event) -> None:
        uid = event.object["metadata"]["uid"]
        self._alive.discard(uid) if event.type == "DELETED" else self._alive.add(uid)
        for obj in (event.previous, event.object):
            for owner in (obj["metadata"].get("ownerReferences") or ()) if obj else ():
                dependents = self._dependents.setdefault(owner["uid"], {})
                dependents.pop(uid, None)
                if event.type != "DELETED" and obj is event.object:
                    dependents[uid] = (event.resource, obj)
                if not dependents:
                    del self._dependents[owner["uid"]]

    def _collect(self, event: Event) -> None:
        metadata = event.object["metadata"]
        dependents = list(self._dependents.get(metadata["uid"], {}).values())
        if event.type == "DELETED":
            for resource, obj in dependents:
                self._delete_orphaned(resource, obj)
            for owner in metadata.get("ownerReferences") or ():
                self._finish_foreground(owner)
            return
        self._delete_orphaned(event.resource, event.object)
        finalizers = metadata.get("finalizers") or ()
        if "deletionTimestamp" not in metadata:
            return
        if ORPHAN in finalizers:
            for resource, obj in dependents:
                self._release(resource, obj, metadata["uid"])
            self._drop_finalizer(event.resource, event.object, ORPHAN)
        elif FOREGROUND in finalizers:
            for resource, obj in dependents:
                if "deletionTimestamp" not in obj["metadata"]:
                    self._registry.delete(resource, *key_of(obj), {"propagationPolicy": "Foreground"})
            if not self._dependents.get(metadata["uid"]):
                self._drop_finalizer(event.resource, event.object, FOREGROUND)

    def _delete_orphaned(self, resource: Resource, obj: Object) -> None:
        owners = obj["metadata"].get("ownerReferences") or ()
        leaving = "deletionTimestamp" in obj["metadata"]
        if owners and not leaving and not any(owner["uid"] in self._alive for owner in owners):
            self._registry.delete(resource, *key_of(obj))

    def _finish_foreground(self, owner: Object) -> None:
        if self._dependents.get(owner["uid"]):
            return
        for resource in SERVED:
            for obj in self._store.list(resource):
                metadata = obj["metadata"]
                if metadata["uid"] == owner["uid"] and FOREGROUND in (metadata.get("finalizers") or ()):
                    self._drop_finalizer(resource, obj, FOREGROUND)

    def _release(self, resource: Resource, obj: Object, owner: str) -> None:
        def release(live: Object) -> None:
            kept = [each for each in live["metadata"].get("ownerReferences") or () if each["uid"] != owner]
            live["metadata"]["ownerReferences"] = kept

        self._registry.modify(resource, *key_of(obj), release)

    def _drop_finalizer(self, resource: Resource, obj: Object, finalizer: str) -> None:
        def drop(live: Object) -> None:
            live["metadata"]["finalizers"] = [each for each in live["metadata"]["finalizers"] if each != finalizer]

        self._registry.modify(resource, *key_of(obj), drop)
