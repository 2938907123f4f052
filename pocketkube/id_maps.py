"""Which users there are in a new user namespace: all of the outside's for root, a range of its own for others.

A namespace cannot give itself more than the user that made it; somebody outside has to (user_namespaces(7)). Root
writes the maps itself; an ordinary user asks newuidmap and newgidmap for what /etc/subuid and /etc/subgid say
(subuid(5)). Where neither is possible there is one user, who is root inside.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# A map of all ids is how crun, as other programs, tells that it is in no user namespace at all.
MOST = 2**32 - 2


class Mapper:
    """A process that stays outside. Make one before unshare(), ask it after; call `close` in any case."""

    def __init__(self) -> None:
        self._target = os.getpid()
        asked, self._ask = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._ask)
            status = 1
            try:
                if os.read(asked, 1):
                    _write_maps(self._target)
                    status = 0
            finally:
                os._exit(status)
        os.close(asked)

    def map_everyone(self) -> bool:
        """Whether the namespace that this process is in now has further users."""
        os.write(self._ask, b"!")
        return self._end() == 0

    def close(self) -> None:
        if self._pid:
            self._end()

    def _end(self) -> int:
        os.close(self._ask)
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return status


def map_own_user(uid: int, gid: int) -> None:
    """The namespace of this process has one user: `uid` outside is root inside."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def _write_maps(pid: int) -> None:
    if os.geteuid() == 0:
        for kind in ("uid", "gid"):
            rows = [line.split() for line in Path(f"/proc/self/{kind}_map").read_text().splitlines()]
            same = "".join(f"{inside} {inside} {min(int(count), MOST)}\n" for inside, _, count in rows)
            Path(f"/proc/{pid}/{kind}_map").write_text(same)
        return
    # Both commands are known before the first is run: half a map could not be taken back.
    for command in [_command(pid, "uid", os.geteuid()), _command(pid, "gid", os.getegid())]:
        subprocess.run(command, check=True, capture_output=True)


def _command(pid: int, kind: str, own: int) -> list[str]:
    """Root inside is the user outside; the numbers from 1 on are those that the user may give away."""
    program = shutil.which(f"new{kind}map", path=PATH)
    if program is None:
        raise FileNotFoundError(f"new{kind}map")
    names = {pwd.getpwuid(os.geteuid()).pw_name, str(os.geteuid())}
    for line in Path(f"/etc/sub{kind}").read_text().splitlines():
        name, *numbers = line.split(":")
        if name in names:
            return [program, str(pid), "0", str(own), "1", "1", *numbers]
    raise LookupError(f"/etc/sub{kind} has nothing for this user")
