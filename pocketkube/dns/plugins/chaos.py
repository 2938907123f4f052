"""`chaos`: what the server is, in TXT records of the class CH. Source: https://coredns.io/plugins/chaos/"""

from __future__ import annotations

from dataclasses import dataclass

import dns.rdata
import dns.rdataclass
from dns.rdatatype import RdataType

from pocketkube.dns.cluster import ClusterIndex
from pocketkube.dns.corefile import Directive
from pocketkube.dns.message import Handler, Record, Request, Response
from pocketkube.dns.observed import VERSION
from pocketkube.dns.plugins.setup import Surroundings, once


@dataclass(frozen=True, slots=True)
class Chaos:
    """`cluster` knows the Pod that CoreDNS runs in."""

    version: str
    authors: tuple[str, ...]
    cluster: ClusterIndex

    async def answer(self, request: Request, following: Handler) -> Response:
        if request.kind_class != dns.rdataclass.CH or request.kind != RdataType.TXT:
            return await following(request)
        match request.text:
            case "version.bind." | "version.server.":
                texts: tuple[str, ...] = (self.version,)
            case "authors.bind.":
                texts = self.authors
            case "hostname.bind." | "id.server.":
                texts = (self.cluster.own_name() or "localhost",)
            case _:
                return await following(request)
        return Response(answer=[_text(request, each) for each in texts], authoritative=False)


def _text(request: Request, text: str) -> Record:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return Record(request.name, 0, dns.rdata.from_text(dns.rdataclass.CH, RdataType.TXT, f'"{quoted}"'))


def setup(directives: list[Directive], surroundings: Surroundings) -> Chaos:
    """`chaos [VERSION [AUTHORS...]]`"""
    version, *authors = once(directives).arguments or [f"CoreDNS-{VERSION}"]
    return Chaos(version, tuple(authors), surroundings.cluster)
