"""Waiting for something to become so, and no longer than it makes sense."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from graders.verdict import GraderError, Wrong

PATIENCE = 5.0  # seconds for something to become so, once everything is there that it needs
LONGEST = 55.0  # seconds, however much is still on its way: a check's own failure comes before its time limit
INTERVAL = 0.05
LONGEST_INTERVAL = 0.25
ASKED_AGAIN = 1.2  # seconds after it was asked whether waiting can help at all: that takes several requests
Result = TypeVar("Result")


def eventually(
    attempt: Callable[[], Result],
    hopeless: Callable[[], bool],
    under_way: Callable[[], bool],
    patience: float = PATIENCE,
) -> Result:
    """Repeat a check until it no longer fails; its last failure when that cannot be hoped for any more.

    That is at once when it is `hopeless`; else `patience` seconds after anything that it needs was last seen to be
    still `under_way`, and in any case after LONGEST.
    """
    began = moved = time.monotonic()
    ask = began + INTERVAL  # when it has failed twice
    while True:
        try:
            return attempt()
        except Wrong:
            now = time.monotonic()
            if now > ask:
                if hopeless():
                    raise
                if under_way():
                    moved = now
                ask = now + ASKED_AGAIN
            if now > min(moved + patience, began + LONGEST):
                raise
        time.sleep(min(pause(now - began), max(ask - now, INTERVAL)))


def pause(waited: float) -> float:
    """Seconds until the next attempt, ever more of them: one is a command in a Pod, and starts a process."""
    return max(INTERVAL, min(waited, LONGEST_INTERVAL))


def wait_until(holds: Callable[[], bool], what: str, patience: float) -> None:
    """GraderError when it does not come true in time: this waits for what is ours."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise GraderError(f"waited {patience:.0f} s in vain until {what}")
        time.sleep(INTERVAL)
