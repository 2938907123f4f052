"""The loop that controllers share: a batch of events becomes a set of keys, and each key is reconciled once.

A key whose reconciliation is refused is tried again, ever later, until it succeeds. One that waits for a time to come
says when it wants to be reconciled again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

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
    reconcile: Callable[[Key], float | None],
) -> None:
    """Call `reconcile` for every key that events concern. A key that fails does not stop the others.

    It returns in how many seconds it is to be called again if nothing happens before, or None.
    """
    attempts = _Attempts(reconcile)
    with store.watch(*resources) as watch:
        async for events in watch:
            for key in dict.fromkeys(key for event in events for key in keys_of(event)):
                attempts.attempt(key)


class _Attempts:
    def __init__(self, reconcile: Callable[[Key], float | None]) -> None:
        self._reconcile = reconcile
        self._failures: Counter[Key] = Counter()
        self._retries: dict[Key, asyncio.TimerHandle] = {}

    def attempt(self, key: Key) -> None:
        if key in self._retries:
            self._retries.pop(key).cancel()
        try:
            delay = self._reconcile(key)
            del self._failures[key]
            if delay is not None:
                self._try_again(key, delay)
        except ApiError as error:
            log.info("%s %s: %s", self._reconcile.__qualname__, "/".join(key), error)
            delay = min(FIRST_RETRY * 2.0 ** self._failures[key], LONGEST_RETRY)
            self._failures[key] += 1
            self._try_again(key, delay)
        except Exception:
            log.exception("%s %s failed", self._reconcile.__qualname__, "/".join(key))

    def _try_again(self, key: Key, delay: float) -> None:
        self._retries[key] = asyncio.get_running_loop().call_later(delay, self.attempt, key)


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


def unavailable_for(pod: Object, min_ready_seconds: int) -> float | None:
    """How many seconds a ready Pod still has to stay ready to count as available: 0 when it does, None unless ready."""
    ready = next((each for each in pod.get("status", {}).get("conditions", ()) if each["type"] == "Ready"), None)
    if ready is None or ready["status"] != "True":
        return None
    return max(min_ready_seconds - seconds_since(ready["lastTransitionTime"]), 0.0) if min_ready_seconds else 0.0


def soonest(*delays: float | None) -> float | None:
    """The shortest of the delays that there are."""
    return min((each for each in delays if each is not None), default=None)


def seconds_since(time: str) -> float:
    """How long ago an RFC 3339 time was."""
    return (datetime.now(UTC) - datetime.fromisoformat(time)).total_seconds()


def is_active(pod: Object) -> bool:
    """Neither finished nor being deleted."""
    return not is_finished(pod) and "deletionTimestamp" not in pod["metadata"]


def is_finished(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def share(value: int | str, of: int, rounded: Callable[[float], int]) -> int:
    """A number of Pods, from itself or from a percentage such as "25%"."""
    return value if isinstance(value, int) else rounded(int(value.rstrip("%")) * of / 100)


def is_terminating(refused: ApiError) -> bool:
    """Whether a write was refused because its namespace is going: nothing to tell of, and nothing to try again."""
    causes = (refused.details or {}).get("causes") or ()
    return any(cause["reason"] == "NamespaceTerminating" for cause in causes)
