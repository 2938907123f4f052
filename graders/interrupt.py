"""Ended early: Ctrl-C, SIGTERM and a terminal that closes come to the same, and the clearing up is not cut short."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def clear_up_when_told_to_end() -> None:
    """The first of the signals raises KeyboardInterrupt, and what comes after it is ignored.

    One that is ignored already stays so: nohup has asked for that.
    """
    for each in SIGNALS:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, _end)


def let_nothing_interrupt() -> None:
    """The clearing up begins. Not by SIG_IGN: Python complains of a signal that is ignored after it has come."""
    for each in SIGNALS:
        signal.signal(each, lambda _signal, _frame: None)


def run(command: Sequence[str], directory: Path | None = None) -> None:
    """Run a program that is told to end when this one is, and that has ended when this returns or raises.

    `subprocess.run` would kill it after a quarter of a second, in the middle of its own clearing up.
    """
    with subprocess.Popen(command, cwd=directory) as process:
        try:
            process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise


def _end(_signal: int, _frame: object) -> None:
    let_nothing_interrupt()
    raise KeyboardInterrupt
