"""How long a check, and a submission, may take."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

CHECK_SECONDS = 60.0
SUBMISSION_SECONDS = 300.0


class Overdue(Exception):
    """A limit was hit: one sentence."""


@contextmanager
def time_limit(seconds: float, sentence: str) -> Iterator[None]:
    """Raise Overdue inside, wherever it is, after `seconds`. For the main thread alone: signal(7)."""

    def ring(_signal: int, _frame: object) -> None:
        raise Overdue(sentence)

    handler = signal.signal(signal.SIGALRM, ring)
    remaining, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, remaining, interval)
        signal.signal(signal.SIGALRM, handler)
