"""Every object of the cluster, one revision counter, and the history that watches resume from.

The store knows nothing of what objects mean; `registry` is the door through which they are written.
Objects are plain JSON dictionaries. What the store hands out is shared: copy before changing it.
All of it runs on one event loop; no method awaits, so each is atomic.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pocketkube.errors import ApiError, gone, not_found
from pocketkube.resources import Resource

Object = dict[str, Any]

HISTORY = 4096  # events kept for watches to resume from; older resourceVersions are answered 410 Gone


@dataclass(frozen=True, slots=True)
class Event:
    """One change. `previous` is the object before it (None when ADDED); a DELETED object carries its last state."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    resource: Resource
    object: Object
    previous: Object | None
    revision: int


class Store:
    def __init__(self) -> None:
        self.revision = 1
        self._objects: dict[Resource, dict[tuple[str, str], Object]] = {}
        self._history: deque[Event] = deque(maxlen=HISTORY)
        self._watches: dict[Resource, list[Watch]] = {}

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """The object, or None. `namespace` is "" for cluster-scoped resources."""
        return self._objects.get(resource, {}).get((namespace, name))

    def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """The object; ApiError 404 when there is none."""
        found = self.find(resource, namespace, name)
        if found is None:
            raise not_found(resource, name)
        return found

    def list(self, resource: Resource, namespace: str = "") -> list[Object]:
        """Objects in order of namespace and name; `namespace` "" means all."""
        objects = self._objects.get(resource, {})
        return [objects[key] for key in sorted(objects) if not namespace or key[0] == namespace]

    def put(self, resource: Resource, obj: Object) -> Object:
        """Write `obj` as the newest revision, stamping its resourceVersion; returns what was stored."""
        key = _key(obj)
        objects = self._objects.setdefault(resource, {})
        previous = objects.get(key)
        self.revision += 1
        stored = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.revision)}}
        objects[key] = stored
        self._announce(Event("MODIFIED" if previous else "ADDED", resource, stored, previous, self.revision))
        return stored

    def remove(self, resource: Resource, namespace: str, name: str) -> Object:
        """Take the object away; ApiError 404 when there is none. Returns its last state at the deleting revision."""
        previous = self.get(resource, namespace, name)
        del self._objects[resource][namespace, name]
        self.revision += 1
        last = {**previous, "metadata": {**previous["metadata"], "resourceVersion": str(self.revision)}}
        self._announce(Event("DELETED", resource, last, previous, self.revision))
        return last

    def watch(self, *resources: Resource, namespace: str = "", since: int | None = None) -> Watch:
        """Changes of `resources` from now on, or from revision `since` (exclusive).

        With `since=None` the first batch is what exists now, as ADDED. ApiError 410 when `since` is too old,
        504 when it lies in the future.
        """
        if since is None:
            backlog: Sequence[Event] = [
                Event("ADDED", resource, obj, None, int(obj["metadata"]["resourceVersion"]))
                for resource in resources
                for obj in self.list(resource, namespace)
            ]
        else:
            backlog = self._since(since, set(resources), namespace)
        watch = Watch(self, namespace, backlog)
        for resource in set(resources):
            self._watches.setdefault(resource, []).append(watch)
        return watch

    def _since(self, revision: int, resources: set[Resource], namespace: str) -> Sequence[Event]:
        self.check_revision(revision)
        oldest = self._history[0].revision if self._history else self.revision + 1
        if revision < oldest - 1:
            raise gone(f"too old resource version: {revision} ({oldest - 1})")
        start = bisect_right(self._history, revision, key=lambda event: event.revision)
        return [
            event
            for event in list(self._history)[start:]
            if event.resource in resources and _inside(event.object, namespace)
        ]

    def check_revision(self, revision: int) -> None:
        """ApiError 504, as the API server answers, for a revision that this store has not reached."""
        if revision > self.revision:
            raise ApiError(
                504,
                "Timeout",
                f"Timeout: Too large resource version: {revision}, current: {self.revision}",
                {
                    "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                    "retryAfterSeconds": 1,
                },
            )

    def _announce(self, event: Event) -> None:
        self._history.append(event)
        for watch in self._watches.get(event.resource, ()):
            watch.offer(event)

    def _forget(self, watch: Watch) -> None:
        for watches in self._watches.values():
            if watch in watches:
                watches.remove(watch)


class Watch:
    """A subscription: iterate it asynchronously for lists of events, each at least one long. Close it when done."""

    def __init__(self, store: Store, namespace: str, backlog: Sequence[Event]) -> None:
        self._store = store
        self._namespace = namespace
        self._pending = list(backlog)
        self._changed = asyncio.Event()
        if backlog:
            self._changed.set()

    def offer(self, event: Event) -> None:
        """Take a change of a kind that is watched."""
        if _inside(event.object, self._namespace):
            self._pending.append(event)
            self._changed.set()

    async def next_batch(self) -> list[Event]:
        await self._changed.wait()
        self._changed.clear()
        batch, self._pending = self._pending, []
        return batch

    async def __aiter__(self) -> AsyncIterator[list[Event]]:
        while True:
            yield await self.next_batch()

    def skip_backlog(self) -> None:
        """Forget what has not been fetched yet: the reader has listed it."""
        self._pending = []
        self._changed.clear()

    def close(self) -> None:
        self._store._forget(self)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _key(obj: Object) -> tuple[str, str]:
    metadata = obj["metadata"]
    return metadata.get("namespace", ""), metadata["name"]


def _inside(obj: Object, namespace: str) -> bool:
    return not namespace or obj["metadata"].get("namespace", "") == namespace
