"""A course as a student has it who is not root, whoever runs the tests."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.checkout import LABS, Course

UID = 54321  # of nobody in particular: it has no name


class UnprivilegedCourse(Course):
    """What is started in it runs as a user who owns the course and nothing else.

    Python, or the tests' own directory, may lie where only root may look, such as below /root. In a mount namespace
    of their own, these processes see them at the same paths through directories that anyone may pass.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.environment["HOME"] = str(path)
        self._as_user: list[str] = []
        if os.getuid() == 0:
            for each in (path, *path.rglob("*")):
                os.chown(each, UID, UID, follow_symlinks=False)
            self._as_user = _as_user(path, [Path(sys.base_prefix), Path(sys.prefix), path])

    def start_labs(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
        command = [*self._as_user, *LABS, *map(str, arguments)]
        return subprocess.Popen(command, cwd=self.path, env=self.environment, text=True, **options)

    def _run(self, command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return super()._run([*self._as_user, *command], environment)


def _as_user(directory: Path, seen: Iterable[Path]) -> list[str]:
    """The words before a command that run it in `directory` as that user, who sees all these paths."""
    hidden = {str(path): str(barrier) for path in seen if (barrier := _barrier(path))}
    script = ["set -e", "umask 022", "held=$(mktemp -d)", "mount -t tmpfs none $held"]
    for number, path in enumerate(hidden):
        script.append(f"mkdir $held/{number}; mount --bind {shlex.quote(path)} $held/{number}")
    script += [f"mount -t tmpfs -o mode=755 none {shlex.quote(barrier)}" for barrier in sorted(set(hidden.values()))]
    for number, path in enumerate(hidden):
        script.append(f"mkdir -p {shlex.quote(path)}; mount --bind $held/{number} {shlex.quote(path)}")
    script += ["umount -l $held", "rmdir $held", f"cd {shlex.quote(str(directory))}", 'exec "$@"']
    user = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--"]
    return ["unshare", "--mount", "sh", "-c", "\n".join(script), "sh", *user]


def _barrier(path: Path) -> Path | None:
    """The outermost directory above that others may not pass."""
    above = reversed(path.resolve().parents)
    return next((each for each in above if not each.stat().st_mode & stat.S_IXOTH), None)
