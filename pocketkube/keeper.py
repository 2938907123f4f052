"""The process outside the sandbox: it ends the cluster when whoever started it is gone, and clears up its files.

Two processes watch each other through a pipe, the lifeline: the keeper outside and the daemon inside. Whichever is
left when the other is killed ends the rest and removes the cluster's directory, so that `kill -9` of either
leaves nothing behind.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import threading
from pathlib import Path

from pocketkube.cluster import process_start

STARTER = 0  # standard input: a pipe whose other end the starting process holds
STOP_MILLISECONDS = 5000


def record(directory: Path) -> None:
    """Leave word which process keeps the cluster. Before the sandbox is entered: then its /proc is another."""
    this = {"pid": os.getpid(), "start": process_start(os.getpid())}
    (directory / "process.json").write_text(json.dumps(this))


def keep(sandbox: int, lifeline: int, directory: Path, *, stays: bool) -> None:
    """Wait for the sandbox's pid 1 to end, or end it: at SIGTERM, and when the starter goes (unless it `stays`)."""
    ask, asked = os.pipe()
    signal.signal(signal.SIGTERM, lambda *_: os.write(asked, b"."))
    inside = os.pidfd_open(sandbox)
    events = select.poll()
    events.register(inside, select.POLLIN)
    events.register(ask, select.POLLIN)
    if not stays:
        events.register(STARTER, 0)  # POLLHUP is always reported
    events.poll()
    os.close(lifeline)
    ended = select.poll()
    ended.register(inside, select.POLLIN)
    if not ended.poll(STOP_MILLISECONDS):
        os.kill(sandbox, signal.SIGKILL)
    os.waitpid(sandbox, 0)
    clear(directory)


def end_with(lifeline: int, directory: Path) -> None:
    """In the sandbox: end this process, and with it every other one inside, when the keeper's end of the pipe closes.

    A thread of its own, so that it works even when the event loop is stuck.
    """

    def watch() -> None:
        os.read(lifeline, 1)
        clear(directory)
        os._exit(0)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def clear(directory: Path) -> None:
    """Remove the cluster's files, unless its starter still lives: that one may want to show the log, and clears up."""
    starter = select.poll()
    starter.register(STARTER, 0)
    if starter.poll(0):
        with contextlib.suppress(OSError):
            shutil.rmtree(directory)
