"""nftables through libnftables: 1 ms a transaction, against 6-11 ms for a process of nft."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import time

from pocketkube import namespaces

LIBRARY = "libnftables.so.1"
REST = 4  # times as long as the last transactions took
LONGEST_REST = 1.0  # seconds: kube-proxy's --min-sync-period


class Nftables:
    """One network namespace's rules."""

    def __init__(self, netns: int) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._library.nft_ctx_new.restype = ctypes.c_void_p
        self._library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
        with namespaces.inside_network_namespace(netns):  # the context opens its netlink socket here and keeps it
            self._context = ctypes.c_void_p(self._library.nft_ctx_new(0))
        self._library.nft_ctx_buffer_error(self._context)
        self._library.nft_ctx_buffer_output(self._context)

    def run(self, commands: str) -> None:
        """Carry out `commands` as one transaction: all or nothing. OSError with nft's own words.

        That a process has ended is told afterwards: the kernel gives up a transaction when a signal arrives.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGCHLD,))
        try:
            failed = self._library.nft_run_cmd_from_buffer(self._context, ctypes.c_char_p(commands.encode()))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if failed:
            error = self._library.nft_ctx_get_error_buffer(self._context).decode(errors="replace").strip()
            raise OSError(f"nft: {error}")


async def rest(since: float) -> None:
    """After transactions that began at `since` (time.monotonic): what changes meanwhile is gathered into the next."""
    await asyncio.sleep(min(REST * (time.monotonic() - since), LONGEST_REST))
