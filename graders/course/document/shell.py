"""A shell that stays: commands one after the other, each with its output and exit status.

The shell reads its commands from a pipe. After each it prints a line that nobody else prints, which says that the
command has ended, and how.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS = 60.0  # a command of a text that takes longer hangs
END_SECONDS = 20.0  # for `kubectl run --rm` to delete its Pod
CHUNK = 65536


class ShellEnded(Exception):
    """Why no further command can be run in it: one sentence."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command wrote to stdout and stderr, as a terminal shows it, and its exit status."""

    output: str
    status: int


class Shell:
    """`words`: the program, which has to be a POSIX shell or lead to one."""

    def __init__(self, words: Sequence[str], directory: Path, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            words,
            cwd=directory,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, which is killed with all that it has started
        )

    def run(self, command: str, seconds: float = SECONDS) -> Printed:
        """ShellEnded when the command hangs, or when the shell ends with it."""
        mark = f"<{secrets.token_hex(16)}>"
        # The mark is put together by the shell: what echoes the script does not print it.
        script = f"eval {shlex.quote(command)} </dev/null 2>&1\nprintf '\\n%s%s %d\\n' '{mark[:9]}' '{mark[9:]}' $?\n"
        assert self._process.stdin
        try:
            self._process.stdin.write(script.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ShellEnded("the shell has ended") from None
        before, status = self._read_until(mark, seconds)
        return Printed(before, status)

    def end(self) -> None:
        """Let it end by itself, for it may have something to clear up; kill it when it does not."""
        assert self._process.stdout
        self._close_stdin()
        deadline = time.monotonic() + END_SECONDS
        while self._readable(deadline) and os.read(self._process.stdout.fileno(), CHUNK):
            pass
        self.kill()

    def kill(self) -> None:
        """With everything that it has started. Safe to call twice."""
        assert self._process.stdout
        self._close_stdin()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()

    def _close_stdin(self) -> None:
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def _read_until(self, mark: str, seconds: float) -> tuple[str, int]:
        assert self._process.stdout
        deadline = time.monotonic() + seconds
        read = b""
        wanted = mark.encode()
        while True:
            before, found, after = read.partition(b"\n" + wanted)
            if found and b"\n" in after:
                return before.decode(errors="replace"), int(after.split()[0])
            if not self._readable(deadline):
                self.kill()
                raise ShellEnded(f"it did not end within {seconds:.0f} s")
            more = os.read(self._process.stdout.fileno(), CHUNK)
            if not more:
                said = read.decode(errors="replace").strip().splitlines()
                raise ShellEnded(f"the shell ended with it{': ' + said[-1] if said else ''}")
            read += more

    def _readable(self, deadline: float) -> bool:
        assert self._process.stdout
        left = max(0.0, deadline - time.monotonic())
        return bool(select.select([self._process.stdout], [], [], left)[0])
