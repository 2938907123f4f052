"""How long a Job waits before it replaces failed Pods: 10 s, doubled at each failure, at most 10 minutes.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy
"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.controllers.reconcile import seconds_since
from pocketkube.store import Object

FIRST = 10.0  # seconds
LONGEST = 600.0


@dataclass(slots=True)
class Backoff:
    """`failures`: since the last success; `last`: the time of the last one, RFC 3339."""

    failures: int = 0
    last: str = ""

    def count(self, succeeded: list[Object], failed: list[Object]) -> None:
        """Take in the Pods that have ended since the last call."""
        latest_success = max(map(finished_at, succeeded), default="")
        times = [time for time in map(finished_at, failed) if time > latest_success]
        if succeeded:
            self.failures, self.last = 0, ""
        self.failures += len(times)
        self.last = max([self.last, *times])

    def remaining(self) -> float:
        """Seconds until the next Pod may be created."""
        return remaining(self.failures, self.last)


def remaining(failures: int, last: str) -> float:
    """Seconds still to wait after `failures`, the last of them at the time `last`."""
    if not failures:
        return 0.0
    return max(min(FIRST * 2.0 ** (failures - 1), LONGEST) - seconds_since(last), 0.0)


def finished_at(pod: Object) -> str:
    """When its last container ended; for a Pod without one, when it was created."""
    statuses = pod.get("status", {}).get("containerStatuses") or ()
    times = [each["state"].get("terminated", {}).get("finishedAt") for each in statuses]
    return max((time for time in times if time), default=str(pod["metadata"]["creationTimestamp"]))
