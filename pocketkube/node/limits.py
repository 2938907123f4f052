"""What bounds a container: memory and the number of processes. There are no cgroups in the sandbox.

A container that has too many processes is killed, not slowed down: what is starved while the kernel holds a lock for it
stops everybody else (a fork bomb at nice 19 on a busy machine: for half a minute). Until the sampler comes round the
kernel bounds them where each pid namespace has a pid_max of its own (Linux 6.14), and for ordinary users RLIMIT_NPROC
bounds the whole sandbox.

Sources: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
https://kubernetes.io/docs/concepts/policy/pid-limiting/
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
from collections import defaultdict
from collections.abc import Callable, Iterable

from pocketkube.node.containers import Container

PERIOD = 0.5  # seconds between samples
PIDS = 256  # processes of a container
PAGE = resource.getpagesize()


class Sampler:
    """Kills what is over its limit. `running`: the containers that there are."""

    def __init__(self, running: Callable[[], Iterable[Container]]) -> None:
        self._running = running

    async def run(self) -> None:
        """Look twice a second until cancelled."""
        while True:
            await asyncio.sleep(PERIOD)
            self.sample()

    def sample(self) -> None:
        containers = [each for each in self._running() if each.pid]
        limited = [each for each in containers if each.launch.memory_limit]
        # Path costs several times as much as os, and this is done all the time.
        pids = os.listdir("/proc")  # noqa: PTH208
        if not limited and len(pids) <= PIDS:
            return
        processes = _by_namespace(pids)
        for container in containers:
            own = processes.get(_namespace(container.pid), [])
            if len(own) > PIDS:
                container.kill("Error", f"more than {PIDS} processes")
            elif container.launch.memory_limit and _uses_more(own, container.launch.memory_limit):
                container.kill("OOMKilled")


def _by_namespace(pids: Iterable[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for pid in pids:
        if pid.isdigit():
            found[_namespace(pid)].append(pid)
    return found


def _namespace(pid: str | int) -> int:
    """Which pid namespace a process is in, as a number; 0 when it has ended."""
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino  # noqa: PTH116
    except OSError:
        return 0


def _uses_more(pids: Iterable[str], limit: int) -> bool:
    """Exact sums are dear, and what processes share counts once in them: first the cheap ones, which are never less."""
    return sum(map(_resident, pids)) > limit and sum(map(_proportional, pids)) > limit


def _resident(pid: str) -> int:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/statm", "rb") as file:
        return int(file.read().split()[1]) * PAGE
    return 0


def _proportional(pid: str) -> int:
    """Bytes of memory that cannot be had back by dropping a cache, shared ones in proportion."""
    total = 0
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        for line in file:
            if line.startswith((b"Pss_Anon:", b"Pss_Shmem:")):
                total += int(line.split()[1]) * 1024
    return total
