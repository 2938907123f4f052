"""`local`: localhost, and the names of addresses that mean it. Source: https://coredns.io/plugins/local/"""

from __future__ import annotations

import dns.name
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import Directive
from pocketkube.dns.message import Handler, Record, Request, Response, record, zone_of
from pocketkube.dns.plugins.setup import Surroundings, once

TTL = 604800
LOCALHOST = dns.name.from_text("localhost")
POINTER = dns.name.from_text("1.0.0.127.in-addr.arpa")
ZONES = [LOCALHOST, *(dns.name.from_text(f"{number}.in-addr.arpa") for number in (0, 127, 255))]
ADDRESSES = {RdataType.A: "127.0.0.1", RdataType.AAAA: "::1"}


class Local:
    async def answer(self, request: Request, following: Handler) -> Response:
        zone = zone_of(request.name, ZONES)
        if zone is None and not request.text.startswith("localhost."):
            return await following(request)
        answer = _records(request, zone)
        return Response(answer=answer, authority=[] if answer else [_soa(zone or request.name)])


def _records(request: Request, zone: dns.name.Name | None) -> list[Record]:
    name, kind = request.name, request.kind
    if kind in ADDRESSES and (zone is None or name == LOCALHOST):
        return [record(name, TTL, kind, ADDRESSES[kind])]
    if kind == RdataType.PTR and name == POINTER:
        return [record(name, TTL, kind, "localhost.")]
    if name == zone and kind == RdataType.SOA:
        return [_soa(name)]
    if name == zone and kind == RdataType.NS:
        return [record(name, TTL, kind, "localhost.")]
    return []


def _soa(origin: dns.name.Name) -> Record:
    return record(origin, TTL, RdataType.SOA, f"localhost. root.localhost. 1 0 0 0 {TTL}")


def setup(directives: list[Directive], _surroundings: Surroundings) -> Local:
    once(directives)
    return Local()
