"""nslookup, dig and curl in the tiny-tools Pod, with their answers parsed and the transcript kept."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

from graders.verdict import GraderError

POD = "tiny-tools"
SECONDS = 5  # for one command
REFUSED = 7  # curl: could not connect
UNRESOLVED = 6  # curl: could not resolve host


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


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """`addresses` without order: DNS shuffles them. `exists` is False where there is no such name or no answer."""

    ran: Ran
    exists: bool
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`status` 0 and `refused` or `unresolved` where there was no connection. `address`: whom it connected to."""

    ran: Ran
    status: int
    body: str
    address: str

    @property
    def refused(self) -> bool:
        return self.ran.exit_code == REFUSED

    @property
    def unresolved(self) -> bool:
        return self.ran.exit_code == UNRESOLVED


class Tools:
    """Commands in the tiny-tools Pod of a namespace, through the Kubernetes API's exec."""

    def __init__(self, core: Any, namespace: str) -> None:
        self._core = core
        self._namespace = namespace

    def run(self, *words: str) -> Ran:
        """Run a command; GraderError when the Pod cannot run it at all."""
        from kubernetes.client import ApiException  # noqa: PLC0415
        from kubernetes.stream import stream  # noqa: PLC0415

        try:
            connection = stream(
                self._core.connect_get_namespaced_pod_exec,
                POD,
                self._namespace,
                command=["timeout", str(SECONDS), *words],
                stdin=False,
                stdout=True,
                stderr=True,
                tty=False,
                _preload_content=False,
            )
            connection.run_forever(timeout=SECONDS * 2)
            stdout, stderr = connection.read_stdout(timeout=0), connection.read_stderr(timeout=0)
            code = connection.returncode
            connection.sock.shutdown()  # close() leaves the socket open once the server has closed its side
        except ApiException as error:
            raise GraderError(f"nothing can be run in the {POD} Pod: {error.reason or error}") from error
        if code is None:
            raise GraderError(f"`{shlex.join(words)}` in the {POD} Pod did not end within {SECONDS * 2} s")
        return Ran(shlex.join(words), stdout or "", stderr or "", code)

    def nslookup(self, name: str) -> DnsAnswer:
        """The addresses of a name, as BIND's nslookup prints them."""
        return parse_nslookup(self.run("nslookup", name))

    def dig(self, name: str, kind: str) -> list[str]:
        """The answers to a question, one line each: `0 50 80 10-244-1-2.web...` for SRV."""
        ran = self.run("dig", "+short", "+time=2", "+tries=1", kind, name)
        return [line for line in ran.stdout.splitlines() if line and not line.startswith(";")]

    def curl(self, url: str) -> HttpAnswer:
        """GET a URL once."""
        form = "\n%{json}"
        ran = self.run("curl", "--silent", "--show-error", "--max-time", "3", "--write-out", form, url)
        body, _, facts = ran.stdout.rpartition("\n")
        try:
            known = json.loads(facts)
        except ValueError:
            known = {}
        shown = Ran(f"curl {url}", f"{body}\n" if body else "", ran.stderr, ran.exit_code)
        return HttpAnswer(shown, int(known.get("http_code", 0)), body, str(known.get("remote_ip", "")))


def parse_nslookup(ran: Ran) -> DnsAnswer:
    """Read BIND's output: the addresses after the first empty line; those before it are the server's."""
    answer = ran.stdout.partition("\n\n")[2]
    addresses = re.findall(r"^Address:\s*(\S+?)(?:#\d+)?$", answer, re.MULTILINE)
    return DnsAnswer(ran, ran.exit_code == 0 and bool(addresses), frozenset(addresses))
