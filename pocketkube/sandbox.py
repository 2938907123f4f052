"""The namespaces that all of a cluster lives in: born first, and with them everything dies.

user + mount + pid + net + uts + ipc namespaces, entered without root and without helpers: the caller's own uid
becomes root inside (user_namespaces(7)). Root takes the same way, and may have the other ids inside as well.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

from pocketkube import namespaces
from pocketkube.failure import IN_CONTAINER, RESTRICTED, step

PIDS = 16384  # processes of a whole cluster, where the kernel can bound them
IDS = 65536  # users and groups that images are made with
RUN = Path("/run")  # a tmpfs of the sandbox's own: what is written below vanishes with it
RUN_SIZE = "1g"  # it is memory: what containers write must not take the machine's


def enter() -> int:
    """Move this single-threaded process into a sandbox and fork; returns 0 in the child, which is its pid 1.

    In the parent returns the child's pid. CannotRun names what failed.
    """
    uid, gid = os.geteuid(), os.getegid()
    mapper = _Mapper() if uid == 0 else None
    with step("make a user namespace", RESTRICTED):
        namespaces.unshare(namespaces.NEWUSER)
    if not (mapper and mapper.map_all()):
        with step("map its own user in a user namespace", RESTRICTED):
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
            Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    with step("make mount, pid, network, uts and ipc namespaces", RESTRICTED):
        namespaces.unshare(
            namespaces.NEWNS | namespaces.NEWPID | namespaces.NEWNET | namespaces.NEWUTS | namespaces.NEWIPC
        )
    return os.fork()


class _Mapper:
    """A process that stays outside: only from there can root let other ids than its own in."""

    def __init__(self) -> None:
        waiting, self._go = os.pipe()
        outer = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._go)
            mapped = bool(os.read(waiting, 1))
            try:
                for kind in ("uid", "gid"):
                    Path(f"/proc/{outer}/{kind}_map").write_text(f"0 0 {IDS}")
            except OSError:  # root of a container that has fewer itself
                mapped = False
            os._exit(0 if mapped else 1)
        os.close(waiting)

    def map_all(self) -> bool:
        """Once this process is in its user namespace. False when there are not as many ids to be had."""
        os.write(self._go, b".")
        os.close(self._go)
        _, status = os.waitpid(self._pid, 0)
        return status == 0


def furnish() -> None:
    """In the sandbox's pid 1: private mounts, a /proc and a /run of its own. CannotRun names what failed."""
    with step("make its mounts private", IN_CONTAINER):
        namespaces.mount("none", "/", flags=namespaces.MS_REC | namespaces.MS_PRIVATE)
    with step("mount /proc in its pid namespace", IN_CONTAINER):
        flags = namespaces.MS_NOSUID | namespaces.MS_NODEV | namespaces.MS_NOEXEC
        namespaces.mount("proc", "/proc", "proc", flags)
    with step("mount a tmpfs", IN_CONTAINER):
        namespaces.mount(
            "tmpfs", str(RUN), "tmpfs", namespaces.MS_NOSUID | namespaces.MS_NODEV, f"mode=0755,size={RUN_SIZE}"
        )
        # crun refuses a host with hybrid cgroups; an empty directory is to it a host without any.
        namespaces.mount("tmpfs", "/sys/fs/cgroup", "tmpfs", options="mode=0555")
    if namespaces.PID_MAX_OF_ITS_OWN:
        Path("/proc/sys/kernel/pid_max").write_text(str(PIDS))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
