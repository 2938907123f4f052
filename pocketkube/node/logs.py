"""What a container wrote, line by line with the time it came: the log that `kubectl logs` reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from time import time_ns

LIMIT = 4 << 20  # bytes kept of one container's log; the oldest lines go first


class Log:
    """`lines` are (RFC 3339 time with nanoseconds, line with its newline); `dropped` counts those that are gone."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bytes]] = []
        self.dropped = 0
        self._size = 0
        self._partial = b""
        self._open = True
        self._changed = asyncio.Event()

    @classmethod
    def empty(cls) -> Log:
        """Of something that never wrote, and never will."""
        log = cls()
        log.close()
        return log

    def write(self, data: bytes) -> None:
        *whole, self._partial = (self._partial + data).split(b"\n")
        if len(self._partial) > LIMIT:  # a line without end
            whole, self._partial = [*whole, self._partial], b""
        now = timestamp()
        for line in whole:
            self.lines.append((now, line + b"\n"))
            self._size += len(line) + 1
        self._forget()
        self._wake()

    def close(self) -> None:
        """The container ended; a last line without newline is kept as it is."""
        if self._partial:
            self.lines.append((timestamp(), self._partial))
            self._partial = b""
        self._open = False
        self._wake()

    async def follow(self, start: int) -> AsyncIterator[tuple[str, bytes]]:
        """Lines from index `start` of `lines` on, as they come, until the container ends."""
        position = self.dropped + start
        while True:
            changed = self._changed
            for line in self.lines[max(position - self.dropped, 0) :]:
                yield line
            position = self.dropped + len(self.lines)
            if not self._open:
                return
            if changed is self._changed:
                await changed.wait()

    def _forget(self) -> None:
        gone = 0
        while self._size > LIMIT and gone < len(self.lines) - 1:
            self._size -= len(self.lines[gone][1])
            gone += 1
        if gone:
            del self.lines[:gone]
            self.dropped += gone

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def timestamp() -> str:
    seconds, nanoseconds = divmod(time_ns(), 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09}Z"
