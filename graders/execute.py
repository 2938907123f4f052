"""Commands inside a container, through the Kubernetes API's exec."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from graders.time_limit import Overdue
from graders.verdict import GraderError

STATUS = 3  # the channel of the Status with which a command ends


@dataclass(frozen=True, slots=True)
class Ran:
    """One command as typed by hand: its output, what it wrote to stderr, its exit code."""

    command: str
    stdout: str
    stderr: str
    exit_code: int

    @property
    def transcript(self) -> str:
        return f"$ {self.command}\n{self.stdout}{self.stderr}(exit {self.exit_code})"


class _Exec:
    """What `kubernetes.stream.stream` wants of a generated API class, whose import alone takes 0.45 s."""

    def __init__(self, api: Any) -> None:
        self.api_client = api

    def connect(self, pod: str, namespace: str, words: list[str], *, stdin: bool, **_: object) -> Any:
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/exec"
        streams = ("stdin", "stdout", "stderr") if stdin else ("stdout", "stderr")
        query = [*((stream, "true") for stream in streams), *(("command", word) for word in words)]
        request = self.api_client.param_serialize("GET", path, query_params=query, auth_settings=["BearerToken"])
        return self.api_client.call_api(*request).response


def connected(api: Any, namespace: str, pod: str, words: list[str], *, stdin: bool = False) -> Any:
    """A WSClient of `words`, run in a Pod's first container; GraderError. `api`: a kubernetes.client.ApiClient."""
    from kubernetes.client import ApiException  # noqa: PLC0415 - slow to import; the cluster starts meanwhile
    from kubernetes.stream import stream  # noqa: PLC0415

    try:
        return stream(_Exec(api).connect, pod, namespace, words, stdin=stdin, _preload_content=False)
    except ApiException as error:
        if isinstance(error.__context__, KeyboardInterrupt | Overdue):  # which ws_client.py takes for one of its own
            raise error.__context__ from None
        raise GraderError(f"nothing can be run in the {pod} Pod: {error.reason or error}") from error


def execute(api: Any, namespace: str, pod: str, words: list[str], *, seconds: int) -> Ran:
    """Run `words` in a Pod's first container to their end; GraderError when that cannot be done within `seconds`."""
    connection = connected(api, namespace, pod, words)
    connection.run_forever(timeout=seconds)
    stdout, stderr = connection.read_stdout(timeout=0), connection.read_stderr(timeout=0)
    code = _exit_code(connection)
    connection.sock.shutdown()  # close() leaves the socket open once the server has closed its side
    if code is None:
        raise GraderError(f"`{shlex.join(words)}` in the {pod} Pod did not end within {seconds} s")
    return Ran(shlex.join(words), stdout or "", stderr or "", code)


def _exit_code(connection: Any) -> int | None:
    """None while it runs. GraderError when it could not be started: then the Status has no number.

    `connection.returncode` takes the Status for YAML, and ten times as long.
    """
    if connection.is_open():
        return None
    try:
        status = json.loads(connection.read_channel(STATUS))
        return 0 if status["status"] == "Success" else int(status["details"]["causes"][0]["message"])
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise GraderError("the command could not be started in the container") from error
