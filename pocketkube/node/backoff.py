"""How long the kubelet waits before it tries again: 10 s, doubled each time, at most 5 minutes.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
"""

from __future__ import annotations

FIRST = 10.0  # seconds
LONGEST = 300.0
STABLE = 600.0  # what ran this long begins with the first wait again


class Backoff:
    """The first try after a failure comes at once; each further one waits."""

    def __init__(self) -> None:
        self._next = 0.0

    def take(self, lasted: float = 0.0) -> float:
        """Seconds to wait now, after something that failed when it had run for `lasted` seconds."""
        if lasted > STABLE:
            self._next = 0.0
        delay = self._next
        self._next = min(max(delay * 2, FIRST), LONGEST)
        return delay

    def reset(self) -> None:
        self._next = 0.0


def duration(seconds: float) -> str:
    """As Go prints it: 10s, 1m20s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
