"""The namespaces that all of a cluster lives in: born first, and with them everything dies.

user + mount + pid + net + uts + ipc namespaces, entered without root: the caller's own uid becomes root inside
(user_namespaces(7)). Root takes the same way. `id_maps` says who else there is.
"""

from __future__ import annotations

import os
import resource
from pathlib import Path

from pocketkube import namespaces
from pocketkube.failure import IN_CONTAINER, RESTRICTED, step
from pocketkube.id_maps import Mapper, map_own_user

PIDS = 16384  # processes of a whole cluster, where the kernel can bound them
RUN = Path("/run")  # a tmpfs of the sandbox's own: what is written below vanishes with it
RUN_SIZE = "1g"  # it is memory: what containers write must not take the machine's


def enter() -> int:
    """Move this single-threaded process into a sandbox and fork; returns 0 in the child, which is its pid 1.

    In the parent returns the child's pid. CannotRun names what failed.
    """
    uid, gid = os.geteuid(), os.getegid()
    mapper = Mapper()
    try:
        with step("make a user namespace", RESTRICTED):
            namespaces.unshare(namespaces.NEWUSER)
        with step("map its own user in a user namespace", RESTRICTED):
            if not mapper.map_everyone():
                map_own_user(uid, gid)
    finally:
        mapper.close()
    with step("make mount, pid, network, uts and ipc namespaces", RESTRICTED):
        namespaces.unshare(
            namespaces.NEWNS | namespaces.NEWPID | namespaces.NEWNET | namespaces.NEWUTS | namespaces.NEWIPC
        )
    return os.fork()


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
