"""Linux namespaces and mounts by system call; Python 3.11 has neither os.unshare nor os.setns."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

NEWNS = 0x00020000
NEWUTS = 0x04000000
NEWIPC = 0x08000000
NEWUSER = 0x10000000
NEWPID = 0x20000000
NEWNET = 0x40000000

MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REC = 16384
MS_PRIVATE = 1 << 18

MNT_DETACH = 2

_release = re.match(r"(\d+)\.(\d+)", os.uname().release)
# Linux 6.14: kernel.pid_max is a pid namespace's own. Before, root would set the whole machine's with it.
PID_MAX_OF_ITS_OWN = _release is not None and (int(_release[1]), int(_release[2])) >= (6, 14)

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Move the calling thread into new namespaces; OSError names the errno that the kernel gave."""
    _check(_libc.unshare(flags), "unshare")


def setns(fd: int) -> None:
    """Move the calling thread into the namespace that `fd` refers to."""
    _check(_libc.setns(fd, 0), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    done = _libc.mount(source.encode(), target.encode(), kind.encode(), flags, options.encode())
    _check(done, f"mount {kind or 'bind'} on {target}")


def unmount(target: str) -> None:
    """Detach a mount at once; what still uses it keeps it until it ends."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def new_network_namespace() -> int:
    """A fresh network namespace, as a file descriptor that keeps it alive; the caller stays where it is."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        unshare(NEWNET)
        try:
            return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        finally:
            setns(here)
    finally:
        os.close(here)


@contextmanager
def inside_network_namespace(fd: int) -> Iterator[None]:
    """Sockets made within belong to that namespace for good. Do not await inside."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(fd)
        try:
            yield
        finally:
            setns(here)
    finally:
        os.close(here)


def _check(result: int, what: str) -> None:
    if result != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"{what}: {os.strerror(errno)}")
