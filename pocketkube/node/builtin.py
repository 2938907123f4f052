"""A container whose program is part of pocketkube: CoreDNS, which the daemon plays inside the Pod's network."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable

from pocketkube.node.containers import CannotStart, Streams
from pocketkube.node.logs import Log

# Serves inside the network namespace given as a descriptor until cancelled; calls back when it listens, and with each
# line that it writes.
Program = Callable[[int, Callable[[], None], Callable[[str], None]], Awaitable[None]]


class BuiltinContainer:
    """Looks to its Pod like a `Container`; there is no file system in it, so nothing can be executed there."""

    def __init__(self, program: Program, netns: int) -> None:
        self.id = secrets.token_hex(32)
        self.log = Log()
        self.streams: Streams | None = None
        self.attached: set[asyncio.Queue[tuple[int, bytes]]] = set()
        self.killed: dict[str, str] = {}
        self._program = program
        self._netns = netns
        self._task: asyncio.Future[None] | None = None

    async def start(self, *, stdin: bool) -> None:
        del stdin
        listening = asyncio.Event()
        self._task = asyncio.ensure_future(self._program(self._netns, listening.set, self._write))
        waiting = asyncio.ensure_future(listening.wait())
        await asyncio.wait({self._task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done() and self._task.exception():
            raise CannotStart(str(self._task.exception()))

    def _write(self, line: str) -> None:
        data = f"{line}\n".encode()
        self.log.write(data)
        for queue in self.attached:
            queue.put_nowait((1, data))

    async def wait(self) -> int:
        assert self._task
        if not self._task.done():  # one that did not even begin to listen is never seen running, nor ready
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({self._task})
        self.log.close()
        return 0 if self._task.cancelled() else 1

    def signal(self, _number: int) -> None:
        if self._task:
            self._task.cancel()

    async def execute(self, arguments: list[str], *, stdin: bool, terminal: bool) -> tuple[int, Streams]:
        del stdin, terminal
        what = f'exec: "{arguments[0]}": executable file not found in $PATH'
        said = f"OCI runtime exec failed: exec failed: unable to start container process: {what}"
        raise CannotStart(f'failed to start exec "{self.id}": {said}')

    async def remove(self) -> None:
        """Nothing is left of it."""
