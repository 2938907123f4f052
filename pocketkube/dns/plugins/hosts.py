"""`hosts`: names and addresses written in the Corefile, and those of the container's own /etc/hosts.

Source: https://coredns.io/plugins/hosts/
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import dns.exception
import dns.name
import dns.rcode
import dns.reversename
from dns.rdatatype import RdataType

from pocketkube.dns.cluster import version
from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.message import Failed, Handler, Request, Response, record, zone_of
from pocketkube.dns.plugins.setup import Fallthrough, Surroundings, names, once

OWN_FILE = "/etc/hosts"
OWN_ENTRIES = [["127.0.0.1", "localhost"], ["::1", "localhost", "ip6-localhost", "ip6-loopback"]]
DEFAULT_TTL = 3600
LONGEST_TTL = 65535


@dataclass(slots=True)
class Hosts:
    """`addresses`: {name: its addresses}; `pointers`: {address: its names}. Names in lower case."""

    zones: list[dns.name.Name]
    ttl: int = DEFAULT_TTL
    reverse: bool = True
    fallthrough: Fallthrough = field(default_factory=Fallthrough)
    addresses: dict[dns.name.Name, list[str]] = field(default_factory=lambda: defaultdict(list))
    pointers: dict[str, list[dns.name.Name]] = field(default_factory=lambda: defaultdict(list))

    async def answer(self, request: Request, following: Handler) -> Response:
        name = request.name.canonicalize()
        if request.kind == RdataType.PTR:
            found = self._pointers(name)
            if not found:
                return await following(request)
            return Response(answer=[record(name, self.ttl, RdataType.PTR, str(each)) for each in found])
        if zone_of(name, self.zones) is None:
            return await following(request)
        known = self.addresses.get(name)
        if known is None:
            if self.fallthrough.covers(name):
                return await following(request)
            # There is no SOA record that an NXDOMAIN would need.
            raise Failed(dns.rcode.SERVFAIL, "no such entry")
        wanted = {RdataType.A: 4, RdataType.AAAA: 6}.get(request.kind)
        return Response(
            answer=[record(name, self.ttl, request.kind, address) for address in known if version(address) == wanted]
        )

    def add(self, words: list[str]) -> None:
        """One line of a hosts file; what is none is passed over, as in such a file."""
        address = words[0].partition("%")[0]
        if not version(address):
            return
        for text in words[1:]:
            name = dns.name.from_text(text.lower())
            if zone_of(name, self.zones) is None:
                continue
            if address not in self.addresses[name]:
                self.addresses[name].append(address)
            if self.reverse and name not in self.pointers[address]:
                self.pointers[address].append(name)

    def _pointers(self, name: dns.name.Name) -> list[dns.name.Name]:
        try:
            return self.pointers.get(dns.reversename.to_address(name), [])
        except (dns.exception.DNSException, ValueError):
            return []


def setup(directives: list[Directive], surroundings: Surroundings) -> Hosts:
    directive = once(directives)
    path, *zones = directive.arguments or [OWN_FILE]
    made = Hosts(names(zones) or surroundings.zones)
    lines: list[list[str]] = []
    for line in directive.properties:
        name, *arguments = line.words
        match name:
            case "fallthrough":
                made.fallthrough = Fallthrough.of(arguments)
            case "no_reverse":
                made.reverse = False
            case "ttl":
                made.ttl = _ttl(arguments, line.number)
            case "reload":
                if len(arguments) != 1:
                    raise CorefileError(line.number, "reload needs a duration (zero seconds to disable)")
            case _:
                if made.fallthrough.zones:
                    raise CorefileError(line.number, f"unknown property '{name}'")
                lines.append(line.words)
    if path == OWN_FILE:
        lines = [*OWN_ENTRIES, *lines]
    elif path in surroundings.files:
        lines = [*_lines(surroundings.files[path]), *lines]
    else:
        surroundings.log(f"[WARNING] plugin/hosts: File does not exist: {path}")
    for words in lines:
        made.add(words)
    return made


def _lines(text: str) -> list[list[str]]:
    """Those of a hosts file; # begins a comment."""
    found = (line.partition("#")[0].split() for line in text.splitlines())
    return [words for words in found if words]


def _ttl(arguments: list[str], line: int) -> int:
    if not arguments:
        raise CorefileError(line, "ttl needs a time in second")
    if not (arguments[0].isascii() and arguments[0].lstrip("-").isdigit()):
        raise CorefileError(line, "ttl needs a number of second")
    if not 0 < int(arguments[0]) <= LONGEST_TTL:
        raise CorefileError(line, "ttl provided is invalid")
    return int(arguments[0])
