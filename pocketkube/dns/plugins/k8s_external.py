"""`k8s_external`: external addresses of Services, as SERVICE.NAMESPACE in zones of their own.

Source: https://coredns.io/plugins/k8s_external/
"""

from __future__ import annotations

from dataclasses import dataclass, field

import dns.name
import dns.rcode
from dns.rdatatype import RdataType

from pocketkube.dns.cluster import ClusterIndex, Service, version
from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.dns.message import Handler, Record, Request, Response, record, zone_of
from pocketkube.dns.plugins.setup import Fallthrough, Surroundings, names, once, only

DEFAULT_TTL, LONGEST_TTL = 5, 3600  # seconds
ADDRESSES = {RdataType.A: 4, RdataType.AAAA: 6}


@dataclass(slots=True)
class External:
    """`apex`: the label below a zone under which its name server is."""

    zones: list[dns.name.Name]
    cluster: ClusterIndex
    apex: str = "dns"
    ttl: int = DEFAULT_TTL
    fallthrough: Fallthrough = field(default_factory=Fallthrough)

    async def answer(self, request: Request, following: Handler) -> Response:
        zone = zone_of(request.name, self.zones)
        if zone is None:
            return await following(request)
        self.cluster.refresh()
        soa = self._soa(zone)
        if request.name == zone:
            return self._of_apex(request, zone, soa)
        if request.name.is_subdomain(self._below(zone, self.apex)):
            return Response(authority=[soa])
        service, rcode = self._find(request.name.relativize(zone))
        if rcode != dns.rcode.NOERROR and self.fallthrough.covers(request.name):
            return await following(request)
        answer = await self._records(request, service, zone) if service else []
        if not answer:
            return Response(rcode, authority=[soa])
        if request.kind != RdataType.SRV:
            return Response(answer=answer)
        return Response(answer=answer, additional=[*self._addresses(service, zone)] if service else [])

    def _of_apex(self, request: Request, zone: dns.name.Name, soa: Record) -> Response:
        if request.kind == RdataType.SOA:
            return Response(answer=[soa])
        if request.kind == RdataType.NS:
            return Response(answer=[record(zone, self.ttl, RdataType.NS, str(self._below(zone, "ns1", self.apex)))])
        return Response(authority=[soa])

    def _find(self, name: dns.name.Name) -> tuple[Service | None, dns.rcode.Rcode]:
        """[_port._protocol.]service.namespace: its Service, reduced to that port."""
        *port, service, namespace = ["", *(label.decode("ascii", "replace").lower() for label in name.labels)]
        if namespace not in self.cluster.namespaces:
            return None, dns.rcode.NXDOMAIN
        if not service:
            return None, dns.rcode.NOERROR
        found = self.cluster.services.get((service, namespace))
        if found is None or not found.external or len(port) not in (1, 3):
            return None, dns.rcode.NXDOMAIN
        wanted, protocol = (each.removeprefix("_") for each in (port[1:] or ["", ""]))
        ports = tuple(
            each for each in found.ports if wanted in ("", each.name.lower()) and protocol in ("", each.protocol)
        )
        if not ports:
            return None, dns.rcode.NXDOMAIN
        return Service(found.name, found.namespace, "", found.addresses, ports, found.external), dns.rcode.NOERROR

    async def _records(self, request: Request, service: Service, zone: dns.name.Name) -> list[Record]:
        name, kind = request.name, request.kind
        if kind == RdataType.SRV:
            target = self._below(zone, service.name, service.namespace)
            ports = dict.fromkeys(each.number for each in service.ports)
            weight = max(100 // (len(service.ports) * len(service.external)), 1)
            return [record(name, self.ttl, kind, f"0 {weight} {number} {target}") for number in ports]
        if kind not in ADDRESSES:
            return []
        found: list[Record] = []
        for host in dict.fromkeys(service.external):
            if version(host) == ADDRESSES[kind]:
                found.append(record(name, self.ttl, kind, host))
            elif not version(host):
                alias = dns.name.from_text(host)
                found.append(record(name, self.ttl, RdataType.CNAME, str(alias)))
                found += await request.look_up(alias, kind)
        return found

    def _addresses(self, service: Service, zone: dns.name.Name) -> list[Record]:
        name = self._below(zone, service.name, service.namespace)
        kinds = {4: RdataType.A, 6: RdataType.AAAA}
        return [record(name, self.ttl, kinds[version(each)], each) for each in service.external if version(each)]

    def _soa(self, zone: dns.name.Name) -> Record:
        servers, hostmaster = (self._below(zone, label, self.apex) for label in ("ns1", "hostmaster"))
        text = f"{servers} {hostmaster} {self.cluster.serial} 7200 1800 86400 {self.ttl}"
        return record(zone, self.ttl, RdataType.SOA, text)

    @staticmethod
    def _below(zone: dns.name.Name, *labels: str) -> dns.name.Name:
        return dns.name.Name([label.encode() for label in labels]).concatenate(zone)


def setup(directives: list[Directive], surroundings: Surroundings) -> External:
    directive = once(directives)
    made = External(names(directive.arguments) or surroundings.zones, surroundings.cluster)
    for line in directive.properties:
        _option(made, directive, line, surroundings)
    return made


def _option(made: External, directive: Directive, line: Line, surroundings: Surroundings) -> None:
    match line.words[0]:
        case "ttl":
            (text,) = only(directive, line, 1)
            if not (text.isascii() and text.isdigit()):
                raise CorefileError(0, f'strconv.Atoi: parsing "{text}": invalid syntax')
            if int(text) > LONGEST_TTL:
                raise CorefileError(line.number, f"ttl must be in range [0, {LONGEST_TTL}]: {text}")
            made.ttl = int(text)
        case "apex":
            (made.apex,) = only(directive, line, 1)
        case "fallthrough":
            made.fallthrough = Fallthrough.of(line.words[1:])
        case "headless":
            raise surroundings.not_carried_out(directive, line)
        case name:
            raise CorefileError(line.number, f"unknown property '{name}'")
