"""`autopath @kubernetes`: the server goes through a Pod's search path, which saves it the questions.

Source: https://coredns.io/plugins/autopath/
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import dns.exception
import dns.name
import dns.rcode
from dns.rdatatype import RdataType

from pocketkube.dns.cluster import ClusterIndex
from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.message import Handler, Request, Response, record, zone_of
from pocketkube.dns.plugins.setup import Surroundings, names, once


@dataclass(frozen=True, slots=True)
class AutoPath:
    """`cluster_zones`: those of the `kubernetes` beside it, which has to verify Pods."""

    zones: list[dns.name.Name]
    cluster: ClusterIndex
    cluster_zones: list[dns.name.Name]

    async def answer(self, request: Request, following: Handler) -> Response:
        search = self._search(request)
        if zone_of(request.name, self.zones) is None or not search or not request.name.is_subdomain(search[0]):
            return await following(request)
        base = request.name.relativize(search[0])
        first: Response | None = None
        for path in [*search, dns.name.root]:
            try:
                name = base.concatenate(path)
            except dns.exception.DNSException:
                continue
            response = await following(replace(request, name=name))
            if response.rcode != dns.rcode.NXDOMAIN:
                return _alias(request, response)
            first = first or response
        assert first
        return first

    def _search(self, request: Request) -> list[dns.name.Name]:
        """What the asking Pod's resolv.conf has; [] for who is no Pod."""
        zone = zone_of(request.name, self.cluster_zones)
        if zone is None:
            return []
        self.cluster.refresh()
        namespace = next((name for name, address in self.cluster.pods if address == request.client[0]), "")
        if not namespace:
            return []
        services = dns.name.Name(["svc"]).concatenate(zone)
        return [dns.name.Name([namespace]).concatenate(services), services, zone]


def _alias(request: Request, response: Response) -> Response:
    """An answer of another name comes after an alias that leads to it."""
    other = next((each for each in response.answer if each.name != request.name), None)
    if other is None:
        return response
    alias = record(request.name, other.ttl, RdataType.CNAME, str(other.name))
    return replace(response, answer=[alias, *response.answer])


def setup(directives: list[Directive], surroundings: Surroundings) -> AutoPath:
    """`autopath [ZONE...] @kubernetes`; with a resolv.conf it is not carried out."""
    directive = once(directives)
    if not directive.arguments:
        raise CorefileError(0, "no resolv-conf specified")
    *zones, source = directive.arguments
    if source != "@kubernetes":
        raise surroundings.not_carried_out(directive)
    kubernetes = surroundings.written.get("kubernetes")
    verified = kubernetes and any(line.words == ["pods", "verified"] for line in kubernetes[0].properties)
    found = names(kubernetes[0].arguments) or surroundings.zones if kubernetes and verified else []
    return AutoPath(names(zones) or surroundings.zones, surroundings.cluster, found)
