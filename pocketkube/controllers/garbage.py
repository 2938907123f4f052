"""Garbage collection by ownerReferences: https://kubernetes.io/docs/concepts/architecture/garbage-collection/

It follows k8s.io/kubernetes/pkg/controller/garbagecollector: what happens to an object depends on its owners, of which
some are there (solid), some are not (dangling), and some wait for it to go (foreground deletion).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from pocketkube.controllers.reconcile import key_of
from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.registry import Registry
from pocketkube.resources import SERVED, Resource
from pocketkube.store import Event, Object

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
BY_KIND = {(each.api_version, each.kind): each for each in SERVED}
Dependents = dict[str, tuple[Resource, Object]]  # by their uid


class GarbageCollector:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "garbage-collector-controller")
        self._dependents: dict[str, Dependents] = {}  # by the owner's uid

    async def run(self) -> None:
        with self._store.watch(*SERVED) as watch:
            async for events in watch:
                for event in events:
                    self._index(event)
                for event in events:
                    self._follow(event)

    def _index(self, event: Event) -> None:
        uid = event.object["metadata"]["uid"]
        for obj in (event.previous, event.object):
            for owner in _owners(obj) if obj else ():
                dependents = self._dependents.setdefault(owner["uid"], {})
                dependents.pop(uid, None)
                if event.type != "DELETED" and obj is event.object:
                    dependents[uid] = (event.resource, obj)
                if not dependents:
                    del self._dependents[owner["uid"]]

    def _follow(self, event: Event) -> None:
        obj = event.object
        if event.type == "DELETED":
            for resource, dependent in list(self._of(obj).values()):
                self._try(self._collect, resource, dependent)
        else:
            self._try(self._collect, event.resource, obj)
            self._try(self._finish, event.resource, obj)
        for owner in (*_owners(obj), *(_owners(event.previous) if event.previous else ())):
            found = self._find(owner, obj)
            if found:
                self._try(self._finish, *found)

    def _try(self, step: Callable[[Resource, Object], None], resource: Resource, obj: Object) -> None:
        """Look at what is there now; when that is changed meanwhile, another event tells of it."""
        live = self._store.find(resource, *key_of(obj))
        if live and live["metadata"]["uid"] == obj["metadata"]["uid"]:
            with contextlib.suppress(ApiError):
                step(resource, live)

    def _collect(self, resource: Resource, obj: Object) -> None:
        """Delete an object that has no owner left, or whose only owners wait for that."""
        owners = _owners(obj)
        if not owners or "deletionTimestamp" in obj["metadata"]:
            return
        found = [(owner, self._find(owner, obj)) for owner in owners if _is_known(owner)]
        gone = {owner["uid"] for owner, owning in found if owning is None}
        waiting = {owner["uid"] for owner, owning in found if owning and _waits(owning[1])}
        if len(gone | waiting) < len(owners):
            if gone | waiting:
                self._release(resource, obj, gone | waiting)
            return
        if gone:
            self._tell_of_wrong_namespaces(obj, [owner for owner in owners if owner["uid"] in gone])
        policy = "Foreground" if waiting and self._of(obj) else "Background"
        options = {"propagationPolicy": policy, "preconditions": {"uid": obj["metadata"]["uid"]}}
        self._registry.delete(resource, *key_of(obj), options)

    def _finish(self, resource: Resource, obj: Object) -> None:
        """Carry out what an object that is being deleted waits for."""
        metadata = obj["metadata"]
        finalizers = metadata.get("finalizers") or ()
        if "deletionTimestamp" not in metadata:
            return
        dependents = list(self._of(obj).values())
        if ORPHAN in finalizers:
            for kind, dependent in dependents:
                self._release(kind, dependent, {metadata["uid"]})
            self._drop_finalizer(resource, obj, ORPHAN)
        elif FOREGROUND in finalizers:
            blocking = [(kind, each) for kind, each in dependents if _blocks(each, metadata["uid"])]
            for kind, dependent in blocking:
                self._try(self._collect, kind, dependent)
            if not any(_blocks(each, metadata["uid"]) for _, each in self._of(obj).values()):
                self._drop_finalizer(resource, obj, FOREGROUND)

    def _of(self, owner: Object) -> Dependents:
        return self._dependents.get(owner["metadata"]["uid"], {})

    def _find(self, owner: Object, dependent: Object) -> tuple[Resource, Object] | None:
        """The owner that a reference names, where it is to be: in the dependent's namespace, or in none."""
        resource = BY_KIND.get((owner["apiVersion"], owner["kind"]))
        if resource is None:
            return None
        namespace = dependent["metadata"].get("namespace", "") if resource.namespaced else ""
        found = self._store.find(resource, namespace, owner["name"])
        return (resource, found) if found and found["metadata"]["uid"] == owner["uid"] else None

    def _tell_of_wrong_namespaces(self, obj: Object, owners: list[Object]) -> None:
        namespace = obj["metadata"].get("namespace", "")
        for owner in owners:
            resource = BY_KIND[owner["apiVersion"], owner["kind"]]
            elsewhere = any(each["metadata"]["uid"] == owner["uid"] for each in self._store.list(resource))
            if elsewhere:
                what = f"{owner['apiVersion']}/{owner['kind']}, namespace: {namespace}, name: {owner['name']}"
                message = f'ownerRef [{what}, uid: {owner["uid"]}] does not exist in namespace "{namespace}"'
                self._recorder.event(obj, "Warning", "OwnerRefInvalidNamespace", message)

    def _release(self, resource: Resource, obj: Object, owners: set[str]) -> None:
        def release(live: Object) -> None:
            kept = [each for each in _owners(live) if each["uid"] not in owners]
            live["metadata"]["ownerReferences"] = kept
            if not kept:
                del live["metadata"]["ownerReferences"]

        self._registry.modify(resource, *key_of(obj), release)

    def _drop_finalizer(self, resource: Resource, obj: Object, finalizer: str) -> None:
        def drop(live: Object) -> None:
            live["metadata"]["finalizers"] = [each for each in live["metadata"]["finalizers"] if each != finalizer]

        self._registry.modify(resource, *key_of(obj), drop)


def _owners(obj: Object) -> list[Object]:
    return obj["metadata"].get("ownerReferences") or []


def _is_known(owner: Object) -> bool:
    """Whether it is of a kind that is served: of others nobody can say whether they are there."""
    return (owner["apiVersion"], owner["kind"]) in BY_KIND


def _waits(owner: Object) -> bool:
    metadata = owner["metadata"]
    return "deletionTimestamp" in metadata and FOREGROUND in (metadata.get("finalizers") or ())


def _blocks(dependent: Object, owner: str) -> bool:
    return any(each["uid"] == owner and each.get("blockOwnerDeletion") for each in _owners(dependent))
