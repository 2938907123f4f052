"""One shell in a Pod that runs one command after another: to start an exec costs more than most commands do."""

from __future__ import annotations

import secrets
import shlex
import time
from collections.abc import Callable
from typing import Any

from graders.execute import Ran, connected
from graders.verdict import GraderError

LONGEST_MARK = 64  # characters, with the exit code
NOT_STARTED = (126, 127)  # of a shell: what it was to run is no program, or not there


class PodShell:
    """As `kubectl exec -i POD -- sh`, from the first command on. `api`: a kubernetes.client.ApiClient."""

    def __init__(self, api: Any, namespace: str, pod: str) -> None:
        self._api = api
        self._namespace = namespace
        self._pod = pod
        self._connection: Any = None
        self._mark = secrets.token_hex(16)  # ends an output; a Pod that answers cannot know it

    def run(self, words: list[str], *, seconds: int) -> Ran:
        """GraderError when that cannot be done within `seconds`. The next command has a new shell then."""
        command = shlex.join(words)
        try:
            connection = self._connect()
            connection.write_stdin(f"{command} </dev/null; echo {self._mark} $?; echo {self._mark} >&2\n")
            ran = self._read(connection, command, seconds)
        except BaseException:  # an interrupt too: what is still to come of the output belongs to no other command
            self.close()
            raise
        if ran.exit_code in NOT_STARTED:
            raise GraderError(f"`{command}` could not be started in the {self._pod} Pod: {ran.stderr.strip()}")
        return ran

    def close(self) -> None:
        if self._connection:
            self._connection.sock.shutdown()  # close() leaves the socket open once the server has closed its side
            self._connection = None

    def _connect(self) -> Any:
        """The open one, unless it has ended: with its container, for example."""
        if self._connection:
            self._connection.update(timeout=0)
            if not self._connection.is_open():
                self.close()
        if not self._connection:
            self._connection = connected(self._api, self._namespace, self._pod, ["sh"], stdin=True)
        return self._connection

    def _read(self, connection: Any, command: str, seconds: int) -> Ran:
        deadline = time.monotonic() + seconds

        def up_to_mark(read: Callable[..., str]) -> tuple[str, str]:
            """What one channel brings before the mark, and behind it."""
            text = ""
            while True:
                if text.endswith("\n") and self._mark in text[-LONGEST_MARK:]:
                    before, _, behind = text.rpartition(self._mark)
                    return before, behind
                more = read(timeout=max(0.0, deadline - time.monotonic()))
                if not more and not connection.is_open():
                    raise GraderError(f"the shell in the {self._pod} Pod ended during `{command}`: {text.strip()}")
                if not more and time.monotonic() > deadline:
                    raise GraderError(f"`{command}` in the {self._pod} Pod did not end within {seconds} s")
                text += more

        stderr, _ = up_to_mark(connection.read_stderr)
        stdout, code = up_to_mark(connection.read_stdout)
        return Ran(command, stdout, stderr, int(code))
