"""nslookup, dig and curl in the tiny-tools Pod, with their answers parsed and the transcript kept."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, replace
from typing import Any

from graders.execute import Ran
from graders.pod_shell import PodShell

POD = "tiny-tools"
SECONDS = 5  # for one command
REFUSED = 7  # curl: could not connect
UNRESOLVED = 6  # curl: could not resolve host


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """`addresses` without order: DNS shuffles them. `alias`: the last name of a chain of CNAMEs.

    `nxdomain`: there is no such name (RFC 8020), which is more than a name without addresses.
    """

    addresses: frozenset[str]
    alias: str = ""
    nxdomain: bool = False

    @property
    def exists(self) -> bool:
        """False where there is no such name, or no address under it."""
        return bool(self.addresses)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`status` is 0 where there was no connection. `address`: whom it connected to. `problem`: curl's own words."""

    status: int
    body: str
    address: str
    problem: str
    exit_code: int

    @property
    def refused(self) -> bool:
        return self.exit_code == REFUSED

    @property
    def unresolved(self) -> bool:
        return self.exit_code == UNRESOLVED


class Tools:
    """Commands in the tiny-tools Pod of a namespace, by one shell there until `close`.

    `transcript` has what was run since `forget`.
    """

    def __init__(self, api: Any, namespace: str) -> None:
        self._shell = PodShell(api, namespace, POD)
        self._ran: dict[str, Ran] = {}

    @property
    def transcript(self) -> str:
        """Each command with the last of its outputs."""
        return "\n\n".join(ran.transcript for ran in self._ran.values())

    def forget(self) -> None:
        self._ran = {}

    def close(self) -> None:
        self._shell.close()

    def run(self, *words: str, shown: str = "") -> Ran:
        """Run a command; GraderError when the Pod cannot run it at all. `shown`: how it is typed by hand."""
        ran = self._execute("timeout", str(SECONDS), *words)
        self._keep(replace(ran, command=shown or shlex.join(words)))
        return ran

    def nslookup(self, name: str) -> DnsAnswer:
        """The addresses of a name, as BIND's nslookup prints them."""
        return parse_nslookup(self.run("nslookup", name))

    def dig(self, name: str, kind: str) -> list[str]:
        """The answers to a question, one line each: `0 50 80 10-244-1-2.web...` for SRV."""
        ran = self.run("dig", "+short", "+time=2", "+tries=1", kind, name)
        return [line for line in ran.stdout.splitlines() if line and not line.startswith(";")]

    def curl(self, url: str) -> HttpAnswer:
        """GET a URL once."""
        ran = self._execute("curl", "--silent", "--show-error", "--max-time", "3", "--write-out", "\n%{json}", url)
        body, _, facts = ran.stdout.rpartition("\n")
        self._keep(Ran(f"curl {shlex.quote(url)}", f"{body}\n" if body else "", ran.stderr, ran.exit_code))
        try:
            known = json.loads(facts)
        except ValueError:
            known = {}
        address, status = str(known.get("remote_ip", "")), int(known.get("http_code", 0))
        return HttpAnswer(status, body.rstrip("\n"), address, ran.stderr.strip(), ran.exit_code)

    def _execute(self, *words: str) -> Ran:
        """Words that come to an end by themselves."""
        return self._shell.run(list(words), seconds=SECONDS * 2)

    def _keep(self, ran: Ran) -> None:
        self._ran.pop(ran.command, None)
        self._ran[ran.command] = ran


def parse_nslookup(ran: Ran) -> DnsAnswer:
    """Read BIND's output: the addresses after the first empty line; those before it are the server's."""
    answer = ran.stdout.partition("\n\n")[2]
    addresses = re.findall(r"^Address:\s*(\S+?)(?:#\d+)?$", answer, re.MULTILINE)
    aliases = re.findall(r"\scanonical name = (\S+?)\.?$", answer, re.MULTILINE)
    return DnsAnswer(frozenset(addresses), aliases[-1] if aliases else "", nxdomain="NXDOMAIN" in answer)
