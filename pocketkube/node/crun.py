"""crun's program in a sealed memory file.

So that nothing in a container can overwrite it (CVE-2019-5736), crun makes a copy or a read-only mount of itself and
executes that, every time, two fifths of an exec; it does without where its program cannot be written to already.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import os
import shutil

PROGRAM = "/usr/bin/crun"
MFD_EXEC = 0x10  # memfd_create(2), since Linux 6.3
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE  # crun asks for all four


@functools.cache
def sealed() -> str:
    """A path to it, for this process and those that it starts.

    The program's own path where no memory file may be executed (sysctl vm.memfd_noexec).
    """
    try:
        descriptor = _memory_file()
    except PermissionError:
        return PROGRAM
    with open(PROGRAM, "rb") as source, open(descriptor, "wb", closefd=False) as copy:
        shutil.copyfileobj(source, copy)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, SEALS)
    return f"/proc/self/fd/{descriptor}"


def _memory_file() -> int:
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        return os.memfd_create("crun", flags | MFD_EXEC)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return os.memfd_create("crun", flags)
