"""Commands inside a container, through the Kubernetes API's exec."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from graders.verdict import GraderError


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


def execute(core: Any, namespace: str, pod: str, words: list[str], *, seconds: int, container: str = "") -> Ran:
    """Run `words` in a Pod's container (by default its first); GraderError when that cannot be done within `seconds`.

    `core`: a kubernetes.client.CoreV1Api.
    """
    from kubernetes.client import ApiException  # noqa: PLC0415 - 0.25 s, while the cluster starts
    from kubernetes.stream import stream  # noqa: PLC0415

    try:
        connection = stream(
            core.connect_get_namespaced_pod_exec,
            pod,
            namespace,
            command=words,
            stdin=False,
            stdout=True,
            stderr=True,
            tty=False,
            _preload_content=False,
            **({"container": container} if container else {}),
        )
        connection.run_forever(timeout=seconds)
        stdout, stderr = connection.read_stdout(timeout=0), connection.read_stderr(timeout=0)
        code = connection.returncode
        connection.sock.shutdown()  # close() leaves the socket open once the server has closed its side
    except ApiException as error:
        raise GraderError(f"nothing can be run in the {pod} Pod: {error.reason or error}") from error
    if code is None:
        raise GraderError(f"`{shlex.join(words)}` in the {pod} Pod did not end within {seconds} s")
    return Ran(shlex.join(words), stdout or "", stderr or "", code)
