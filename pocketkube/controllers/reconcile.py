"""The loop that controllers share: a batch of events becomes a set of keys, and each key is reconciled once.

A key whose reconciliation is refused is tried again, ever later, until it succeeds.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable

from pocketkube.errors import ApiError
from pocketkube.resources import Resource
from pocketkube.store import Event, Object, Store

Key = tuple[str, str]  # namespace, name
FIRST_RETRY = 0.005  # seconds; doubled at each failure (k8s.io/client-go/util/workqueue)
LONGEST_RETRY = 1000.0
log = logging.getLogger(__name__)


async def follow(
    store: Store,
    resources: tuple[Resource, ...],
    keys_of: Callable[[Event], Iterable[Key]],
    reconcile: Callable[[Key], None],
) -> None:
    """Call `reconcile` for every key that events concern. A key that fails does not stop the others."""
    attempts = _Attempts(reconcile)
    with store.watch(*resources) as watch:
        async for events in watch:
            for key in dict.fromkeys(key for event in events for key in keys_of(event)):
                attempts.attempt(key)


class _Attempts:
    def __init__(self, reconcile: Callable[[Key], None]) -> None:
        self._reconcile = reconcile
        self._failures: Counter[Key] = Counter()
        self._retries: dict[Key, asyncio.TimerHandle] = {}

    def attempt(self, key: Key) -> None:
        if key in self._retries:
            self._retries.pop(key).cancel()
        try:
            self._reconcile(key)
            del self._failures[key]
        except ApiError as error:
            log.info("%s %s: %s", self._reconcile.__qualname__, "/".join(key), error)
            delay = min(FIRST_RETRY * 2.0 ** self._failures[key], LONGEST_RETRY)
            self._failures[key] += 1
            self._retries[key] = asyncio.get_running_loop().call_later(delay, self.attempt, key)
        except Exception:
            log.exception("%s %s failed", self._reconcile.__qualname__, "/".join(key))


def key_of(obj: Object) -> Key:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def controller_of(obj: Object) -> Object | None:
    """The ownerReference of the controller that manages the object."""
    references = obj["metadata"].get("ownerReferences") or ()
    return next((each for each in references if each.get("controller")), None)


def owned_by(obj: Object, owner: Object) -> bool:
    reference = controller_of(obj)
    return reference is not None and reference["uid"] == owner["metadata"]["uid"]


def reference_to(owner: Object) -> Object:
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def is_ready(pod: Object) -> bool:
    return any(
        each["type"] == "Ready" and each["status"] == "True" for each in pod.get("status", {}).get("conditions", ())
    )


def is_active(pod: Object) -> bool:
    """Neither finished nor being deleted."""
    finished = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    return not finished and "deletionTimestamp" not in pod["metadata"]


def is_terminating(refused: ApiError) -> bool:
    """Whether a write was refused because its namespace is going: nothing to tell of, and nothing to try again."""
    causes = (refused.details or {}).get("causes") or ()
    return any(cause["reason"] == "NamespaceTerminating" for cause in causes)
