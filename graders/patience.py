"""Waiting for something to become so, and no longer than it makes sense."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from graders.verdict import GraderError, Wrong

PATIENCE = 5.0  # seconds for something to become so
INTERVAL = 0.03
SETTLED = 0.3  # seconds after which it is asked whether waiting can help at all
Result = TypeVar("Result")


def eventually(attempt: Callable[[], Result], hopeless: Callable[[], bool], patience: float = PATIENCE) -> Result:
    """Repeat a check until it no longer fails; the last failure after `patience` seconds, or once it is `hopeless`."""
    began = time.monotonic()
    ask = began + SETTLED
    while True:
        try:
            return attempt()
        except Wrong:
            now = time.monotonic()
            if now > began + patience:
                raise
            if now > ask:
                if hopeless():
                    raise
                ask = now + 4 * SETTLED
        time.sleep(INTERVAL)


def wait_until(holds: Callable[[], bool], what: str, patience: float) -> None:
    """GraderError when it does not come true in time: this waits for what is ours."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise GraderError(f"waited {patience:.0f} s in vain until {what}")
        time.sleep(INTERVAL)
