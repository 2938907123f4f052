"""Child processes of pid 1: started with posix_spawn, reaped by SIGCHLD.

A container's first process is a child of crun, which exits; it becomes ours because we are pid 1, and so its real exit
status arrives here. asyncio's own subprocesses would take such statuses away from each other.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import OrderedDict
from collections.abc import Mapping, Sequence

REMEMBERED = 4096  # statuses of processes that nobody has claimed yet


class Processes:
    """Make one in the event loop's thread before anything is spawned.

    The kernel gives the number of a process that has ended to another one. So a process is claimed as soon as it is
    known, and a status from before its time is not its own.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._claimed: dict[int, asyncio.Future[int]] = {}
        self._ended: OrderedDict[int, tuple[int, int]] = OrderedDict()  # {pid: (how many had been reaped, status)}
        self._reaped = 0
        self._loop.add_signal_handler(signal.SIGCHLD, self._reap)
        # Of many that end at once, some signals are enough: each reaps all.
        signal.set_wakeup_fd(signal.set_wakeup_fd(-1), warn_on_full_buffer=False)

    def spawn(self, argv: Sequence[str], files: Mapping[int, int], environment: Mapping[str, str] | None = None) -> int:
        """Start `argv` (an absolute path first) with descriptors `files`: {theirs: ours}; 0-2 else are /dev/null."""
        actions: list[tuple[int, ...]] = []
        kept = {0, 1, 2} | set(files)
        # Through high numbers, so that no descriptor is overwritten before it is copied.
        spares = {theirs: 1000 + theirs for theirs in kept}
        null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        try:
            for theirs, spare in spares.items():
                actions.append((os.POSIX_SPAWN_DUP2, files.get(theirs, null), spare))
            for theirs, spare in spares.items():
                actions.append((os.POSIX_SPAWN_DUP2, spare, theirs))
                actions.append((os.POSIX_SPAWN_CLOSE, spare))
            pid = os.posix_spawn(
                argv[0],
                list(argv),
                dict(environment or {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}),
                file_actions=actions,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE],
            )
        finally:
            os.close(null)
        self.adopt(pid, self.now)
        return pid

    @property
    def now(self) -> int:
        """A moment, for `adopt`."""
        return self._reaped

    def adopt(self, pid: int, since: int) -> None:
        """Claim a process that has become ours, and may have ended already. It was started after the moment `since`."""
        future = self._claimed[pid] = self._loop.create_future()
        reaped, status = self._ended.pop(pid, (0, 0))
        if reaped > since:
            future.set_result(status)

    async def wait(self, pid: int) -> int:
        """The wait status of a spawned or adopted process, as os.waitpid gives it; each may be asked for once."""
        future = self._claimed[pid]
        try:
            return await future
        finally:
            if self._claimed.get(pid) is future:
                del self._claimed[pid]

    async def run(self, argv: Sequence[str]) -> tuple[int, str]:
        """Run to the end: exit code (128 + signal for a killed one), and what it wrote to stdout and stderr."""
        reader, writer = os.pipe2(os.O_CLOEXEC)
        try:
            pid = self.spawn(argv, {1: writer, 2: writer})
        finally:
            os.close(writer)
        output = await read_all_of(PipeReader(reader))
        return exit_code(await self.wait(pid)), output.decode(errors="replace")

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._reaped += 1
            future = self._claimed.get(pid)
            if future is not None and not future.done():
                future.set_result(status)
                continue
            self._ended[pid] = self._reaped, status
            if len(self._ended) > REMEMBERED:
                self._ended.popitem(last=False)


def exit_code(status: int) -> int:
    """A wait status as a shell and Kubernetes count it: the exit code, or 128 + the signal's number."""
    if os.WIFSIGNALED(status):
        return 128 + os.WTERMSIG(status)
    return os.WEXITSTATUS(status)


async def read_all_of(*pipes: PipeReader | None) -> bytes:
    """Everything from several pipes, one pipe after the other."""

    async def drain(pipe: PipeReader) -> bytes:
        chunks = []
        while chunk := await pipe.read():
            chunks.append(chunk)
        return b"".join(chunks)

    return b"".join(await asyncio.gather(*(drain(pipe) for pipe in pipes if pipe)))


class PipeReader:
    """Chunks from a pipe or terminal as they come; owns the descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        os.set_blocking(descriptor, False)

    async def read(self, size: int = 65536) -> bytes:
        """At least one byte; b"" at the end."""
        while self._descriptor >= 0:
            try:
                chunk = os.read(self._descriptor, size)
            except BlockingIOError:
                await _readable(self._loop, self._descriptor)
                continue
            except OSError:  # EIO: the other end of a terminal is closed
                chunk = b""
            if not chunk:
                self.close()
            return chunk
        return b""

    def close(self) -> None:
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


class PipeWriter:
    """Writes to a pipe or terminal, waiting while it is full; owns the descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        os.set_blocking(descriptor, False)

    def fileno(self) -> int:
        return self._descriptor

    async def write(self, data: bytes) -> None:
        """BrokenPipeError when nobody reads any more."""
        rest = memoryview(data)
        while rest and self._descriptor >= 0:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                await _writable(self._loop, self._descriptor)

    def close(self) -> None:
        if self._descriptor >= 0:
            self._loop.remove_writer(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


async def _readable(loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_reader(descriptor, _set, ready)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


async def _writable(loop: asyncio.AbstractEventLoop, descriptor: int) -> None:
    ready: asyncio.Future[None] = loop.create_future()
    loop.add_writer(descriptor, _set, ready)
    try:
        await ready
    finally:
        loop.remove_writer(descriptor)
