"""Which of the other DNS servers are down, so that nobody waits for them. Source: https://coredns.io/plugins/forward/"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Address = tuple[str, int]

PROBE_SECONDS = 0.5  # between two, as CoreDNS's forward has it
MOST_PROBES = 120  # then it is forgotten, until it fails again: the Corefile may have forgotten it too


class Health:
    """A server that has failed is probed until it answers. `probe` raises OSError when it does not."""

    def __init__(self, probe: Callable[[Address], Awaitable[object]]) -> None:
        self._probe = probe
        self._fails: dict[Address, int] = {}
        self._probing: set[asyncio.Task[None]] = set()

    def is_down(self, server: Address, max_fails: int) -> bool:
        """Whether more than `max_fails` probes in a row have failed; with 0 a server never is."""
        return 0 < max_fails < self._fails.get(server, 0)

    def failed(self, server: Address) -> None:
        if server not in self._fails:
            self._fails[server] = 0
            task = asyncio.create_task(self._watch(server))
            self._probing.add(task)
            task.add_done_callback(self._probing.discard)

    async def _watch(self, server: Address) -> None:
        try:
            for _ in range(MOST_PROBES):
                try:
                    await self._probe(server)
                    return
                except OSError:
                    self._fails[server] += 1
                await asyncio.sleep(PROBE_SECONDS)
        finally:
            del self._fails[server]
