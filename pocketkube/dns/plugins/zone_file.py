"""`file`: a zone written as RFC 1035 has it, in another key of the ConfigMap that holds the Corefile.

Source: https://coredns.io/plugins/file/
"""

from __future__ import annotations

from dataclasses import dataclass, field

import dns.exception
import dns.name
import dns.rcode
import dns.rdataset
import dns.zone
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.message import DEEPEST_LOOKUP, Failed, Handler, Record, Request, Response, zone_of
from pocketkube.dns.plugins.setup import Fallthrough, Surroundings, names

RELOAD = "1m0s"
POINTING = {RdataType.SRV: "target", RdataType.MX: "exchange", RdataType.NS: "target"}  # the field that has a name
Node = dict[RdataType, list[Record]]
WILDCARD = dns.name.Name(["*"])


@dataclass(slots=True)
class Zone:
    """`nodes`: records by name and type, and names that only have others below them."""

    origin: dns.name.Name
    nodes: dict[dns.name.Name, Node] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str, origin: dns.name.Name) -> Zone:
        """CorefileError for what cannot be read."""
        made = cls(origin)
        try:
            found = dns.zone.from_text(text, origin, relativize=False, check_origin=False)
        except (dns.exception.DNSException, ValueError) as error:
            raise CorefileError(0, str(error)) from error
        for name, ttl, data in found.iterate_rdatas():
            made.nodes.setdefault(name, {}).setdefault(data.rdtype, []).append(Record(name, ttl, data))
            for length in range(len(origin), len(name)):
                made.nodes.setdefault(name.split(length)[1], {})
        return made

    def apex(self, kind: RdataType) -> list[Record]:
        return self.nodes.get(self.origin, {}).get(kind, [])

    async def respond(self, request: Request, name: dns.name.Name, depth: int = 0) -> Response:
        """What the zone says of a name in it."""
        if not self.apex(RdataType.SOA):
            raise Failed(dns.rcode.SERVFAIL, "the zone is not loaded")
        delegated = self._delegation(name)
        if delegated and not (request.kind == RdataType.DS and delegated[0].name == name):
            return Response(authority=delegated, additional=self._glue(delegated), authoritative=False)
        node = self._node(name)
        if node is None:
            return Response(dns.rcode.NXDOMAIN, authority=self.apex(RdataType.SOA))
        alias = node.get(RdataType.CNAME, [])
        if alias and request.kind != RdataType.CNAME:
            led_to = await self._follow(request, alias[0], depth)
            return Response(answer=[*alias, *led_to], authority=self.apex(RdataType.NS))
        answer = node.get(request.kind, [])
        if not answer:
            return Response(authority=self.apex(RdataType.SOA))
        is_apex_ns = request.kind == RdataType.NS and name == self.origin
        authority = [] if is_apex_ns else self.apex(RdataType.NS)
        return Response(answer=answer, authority=authority, additional=self._glue(answer))

    async def _follow(self, request: Request, alias: Record, depth: int) -> list[Record]:
        target: dns.name.Name = alias.data.target  # type: ignore[attr-defined]
        if not target.is_subdomain(self.origin):
            return await request.look_up(target, request.kind)
        return [] if depth >= DEEPEST_LOOKUP else (await self.respond(request, target, depth + 1)).answer

    def _delegation(self, name: dns.name.Name) -> list[Record]:
        """The NS records of the highest name between the origin and this one that has some."""
        for length in range(len(self.origin) + 1, len(name) + 1):
            found = self.nodes.get(name.split(length)[1], {}).get(RdataType.NS)
            if found:
                return found
        return []

    def _node(self, name: dns.name.Name) -> Node | None:
        """Of a name that is not there, what the wildcard beside it has (RFC 4592)."""
        if name in self.nodes:
            return self.nodes[name]
        encloser = name
        while encloser not in self.nodes:
            if encloser == self.origin:
                return None
            encloser = encloser.parent()
        found = self.nodes.get(WILDCARD.concatenate(encloser))
        return found and {kind: [Record(name, *each[1:]) for each in records] for kind, records in found.items()}

    def _glue(self, records: list[Record]) -> list[Record]:
        """Addresses in the zone of those that records point to."""
        targets = [getattr(each.data, POINTING[each.data.rdtype]) for each in records if each.data.rdtype in POINTING]
        nodes = [self.nodes.get(target, {}) for target in dict.fromkeys(targets)]
        return [each for node in nodes for kind in (RdataType.A, RdataType.AAAA) for each in node.get(kind, [])]


@dataclass(frozen=True, slots=True)
class Zones:
    zones: dict[dns.name.Name, tuple[Zone, Fallthrough]]

    async def answer(self, request: Request, following: Handler) -> Response:
        origin = zone_of(request.name, self.zones)
        if origin is None:
            return await following(request)
        if request.kind in (RdataType.AXFR, RdataType.IXFR):
            raise Failed(dns.rcode.REFUSED, "zone transfers are not allowed")
        zone, fallthrough = self.zones[origin]
        response = await zone.respond(request, request.name)
        if response.rcode == dns.rcode.NXDOMAIN and fallthrough.covers(request.name):
            return await following(request)
        return response


def setup(directives: list[Directive], surroundings: Surroundings) -> Zones:
    """`file PATH [ZONES...]`"""
    zones: dict[dns.name.Name, tuple[Zone, Fallthrough]] = {}
    for directive in directives:
        if not directive.arguments:
            raise directive.wrong_arguments()
        path, *origins = directive.arguments
        fallthrough = Fallthrough()
        for line in directive.properties:
            name, *arguments = line.words
            if name == "fallthrough":
                fallthrough = Fallthrough.of(arguments)
            elif name not in ("reload", "upstream"):
                raise CorefileError(line.number, f"unknown property '{name}'")
        text = surroundings.files.get(path, "")
        if path not in surroundings.files:
            problem = f"open {path}: no such file or directory"
            surroundings.log(f'[WARNING] plugin/file: Failed to open "{problem}": trying again in {RELOAD}')
        for origin in names(origins) or surroundings.zones:
            zones[origin] = (Zone.read(text, origin), fallthrough)
    return Zones(zones)
