"""`kubernetes`: the Kubernetes DNS specification 1.1, with CoreDNS's choices where that leaves some.

Sources: https://github.com/kubernetes/dns/blob/master/docs/specification.md https://coredns.io/plugins/kubernetes/
"""

from __future__ import annotations

from dataclasses import dataclass, field

import dns.exception
import dns.name
import dns.rcode
import dns.reversename
from dns.rdatatype import RdataType

from pocketkube.dns.cluster import NO_PORT, version
from pocketkube.dns.message import Failed, Handler, Record, Request, Response, record, zone_of
from pocketkube.dns.plugins.kubernetes_names import NAME_SERVER, ClusterNames, NoSuchName, is_reverse
from pocketkube.dns.plugins.setup import Fallthrough

VERSION = "1.1.0"  # of the specification
VERSION_TTL = 28800
NEGATIVE_TTL = 300  # at most, of the SOA record
ALIASES = 8  # followed inside the zone
HOSTMASTER = dns.name.from_text("hostmaster", None)


@dataclass(slots=True)
class Kubernetes:
    """`zones` in the order of the Corefile; PTR records lead into `primary`, the first that is no reverse one."""

    names: ClusterNames
    zones: list[dns.name.Name]
    primary: dns.name.Name
    ttl: int = 5  # seconds
    fallthrough: Fallthrough = field(default_factory=Fallthrough)

    async def answer(self, request: Request, following: Handler) -> Response:
        known = zone_of(request.name, self.zones)
        if known is None:
            return await following(request)
        zone = dns.name.Name(request.name.labels[-len(known) :])  # in the case in which it was asked
        self.names.cluster.refresh()
        try:
            answer, additional = await self._resolve(request, zone)
        except NoSuchName:
            if self.fallthrough.covers(request.name):
                return await following(request)
            return Response(dns.rcode.NXDOMAIN, authority=[self._soa(zone)])
        if not answer:
            return Response(authority=[self._soa(zone)])
        return Response(answer=answer, additional=additional)

    async def _resolve(self, request: Request, zone: dns.name.Name) -> tuple[list[Record], list[Record]]:
        """Answer and additional section. NoSuchName where nothing of that name exists."""
        name = request.name
        match request.kind:
            case RdataType.A | RdataType.AAAA:
                return await self._addresses(request, name, zone, []), []
            case RdataType.SRV:
                return self._services(name, zone)
            case RdataType.TXT:
                return self._version(name, zone), []
            case RdataType.CNAME:
                return [
                    record(name, self.ttl, RdataType.CNAME, str(dns.name.from_text(found.host)))
                    for found in self.names.find(name, zone)[:1]
                    if not version(found.host)
                ], []
            case RdataType.PTR:
                return self._pointers(name, zone), []
            case RdataType.SOA:
                return ([self._soa(zone)] if name == zone else []), []
            case RdataType.NS if name == zone:
                return self._name_servers(zone)
            case RdataType.AXFR | RdataType.IXFR:
                raise Failed(dns.rcode.REFUSED, "zone transfers are not allowed")
            case _:  # it only matters whether the name exists
                self.names.find(name, zone)
                return [], []

    async def _addresses(
        self, request: Request, name: dns.name.Name, zone: dns.name.Name, before: list[Record]
    ) -> list[Record]:
        """A or AAAA records, and the aliases that lead to them."""
        wanted = 4 if request.kind == RdataType.A else 6
        records: list[Record] = []
        for host in dict.fromkeys(found.host for found in self.names.find(name, zone, wanted)):
            if version(host) == wanted:
                records.append(record(name, self.ttl, request.kind, host))
            elif not version(host):
                records += await self._follow(request, name, zone, host, before)
        return records

    async def _follow(
        self, request: Request, name: dns.name.Name, zone: dns.name.Name, host: str, before: list[Record]
    ) -> list[Record]:
        """ExternalName: inside the zone only an alias that leads to an address counts, outside every one."""
        target = dns.name.from_text(host)
        alias = record(name, self.ttl, RdataType.CNAME, str(target))
        if target.is_subdomain(name) or len(before) >= ALIASES or any(each.data == alias.data for each in before):
            return []
        if not target.is_subdomain(zone):
            return [alias, *await request.look_up(target, request.kind)]
        try:
            led_to = await self._addresses(request, target, zone, [*before, alias])
        except NoSuchName:
            return []
        return [alias, *led_to] if led_to else []

    def _services(self, name: dns.name.Name, zone: dns.name.Name) -> tuple[list[Record], list[Record]]:
        found = [each for each in self.names.find(name, zone, 0) if version(each.host)]
        weight = max(100 // len(found), 1) if found else 0
        records: dict[tuple[tuple[str, ...], int], Record] = {}
        additional: dict[tuple[tuple[str, ...], str], Record] = {}
        for host, port, owner in found:
            if port == NO_PORT:
                continue
            target = _name(owner, zone)
            if (owner, port) not in records:
                records[owner, port] = record(name, self.ttl, RdataType.SRV, f"0 {weight} {port} {target}")
            kind = RdataType.A if version(host) == 4 else RdataType.AAAA
            additional[owner, host] = record(target, self.ttl, kind, host)
        return list(records.values()), list(additional.values())

    def _version(self, name: dns.name.Name, zone: dns.name.Name) -> list[Record]:
        """Another name without any record does not exist for CoreDNS, even where some lie below it."""
        if name == dns.name.from_text("dns-version", zone):
            return [record(name, VERSION_TTL, RdataType.TXT, f'"{VERSION}"')]
        if name.relativize(zone) == NAME_SERVER or not self.names.find(name, zone):
            raise NoSuchName
        return []

    def _pointers(self, name: dns.name.Name, zone: dns.name.Name) -> list[Record]:
        address = _address(name)
        if not address:
            self.names.find(name, zone)
            return []
        owners = list(self.names.owners(address))
        if not owners:
            raise NoSuchName
        targets = dict.fromkeys(str(_name(owner, self.primary)) for owner in owners)
        return [record(name, self.ttl, RdataType.PTR, target) for target in targets]

    def _name_servers(self, zone: dns.name.Name) -> tuple[list[Record], list[Record]]:
        records: list[Record] = []
        additional: list[Record] = []
        for address, owner in self.names.own_services():
            name = _name(owner, zone)
            records.append(record(zone, self.ttl, RdataType.NS, str(name)))
            additional.append(record(name, self.ttl, RdataType.A, address))
        return records, additional

    def _soa(self, zone: dns.name.Name) -> Record:
        servers, hostmaster = NAME_SERVER.concatenate(zone), HOSTMASTER.concatenate(zone)
        text = f"{servers} {hostmaster} {self.names.cluster.serial} 7200 1800 86400 {self.ttl}"
        return record(zone, min(self.ttl, NEGATIVE_TTL), RdataType.SOA, text)


def _name(labels: tuple[str, ...], zone: dns.name.Name) -> dns.name.Name:
    return dns.name.Name([label.encode() for label in labels]).concatenate(zone)


def _address(name: dns.name.Name) -> str:
    """The address that a reverse name is of; "" for one that is of none."""
    if not is_reverse(name):
        return ""
    try:
        return dns.reversename.to_address(name)
    except (dns.exception.DNSException, ValueError):
        return ""
