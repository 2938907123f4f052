"""From a question to a response, as CoreDNS answers it for the cluster domain."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import Corefile
from pocketkube.dns.records import Name, Records, Reverse, Zone

DOMAIN = dns.name.from_text("cluster.local.")
REVERSE = dns.name.from_text("in-addr.arpa.")
UDP_WITHOUT_EDNS = 512  # bytes, RFC 1035 4.2.1
LARGEST_UDP = 1232  # bytes, what CoreDNS takes at most: https://www.dnsflagday.net/2020/
ALIASES_FOLLOWED = 8
SOA = "ns.dns.cluster.local. hostmaster.cluster.local. {serial} 7200 1800 86400 {ttl}"


@dataclass(slots=True)
class View:
    """What is known when a question comes."""

    zone: Zone = field(default_factory=dict)
    reverse: Reverse = field(default_factory=dict)
    namespaces: set[str] = field(default_factory=set)
    pod_addresses: set[tuple[str, str]] = field(default_factory=set)  # (namespace, address)
    config: Corefile = field(default_factory=Corefile)


def answer(query: dns.message.Message, view: View) -> dns.message.Message:
    """The response to a query. Names that only an upstream could know get SERVFAIL at once: there is no upstream."""
    response = dns.message.make_response(query, our_payload=LARGEST_UDP)
    if query.edns >= 0:
        cookies = [option for option in query.options if option.otype == dns.edns.OptionType.COOKIE]
        response.use_edns(0, 0, LARGEST_UDP, options=cookies)
    if query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
        return response
    if len(query.question) != 1:
        response.set_rcode(dns.rcode.FORMERR)
        return response
    question = query.question[0]
    if question.rdclass != dns.rdataclass.IN:
        response.set_rcode(dns.rcode.REFUSED)
        return response
    response.flags |= dns.flags.AA
    _Resolution(response, view).resolve(question.name, question.rdtype)
    return response


class _Resolution:
    """One question on its way: every step writes into the response."""

    def __init__(self, response: dns.message.Message, view: View) -> None:
        self._response = response
        self._view = view

    def resolve(self, name: dns.name.Name, kind: RdataType) -> None:
        if name.is_subdomain(DOMAIN):
            self._cluster(name, kind, 0)
        elif name.is_subdomain(REVERSE) and kind == RdataType.PTR and self._pointer(name):
            return
        elif not self._hosts(name, kind):
            self._fail(dns.rcode.SERVFAIL)

    def _cluster(self, name: dns.name.Name, kind: RdataType, followed: int) -> None:
        below = _below_domain(name)
        if below == ("dns-version",) and kind == RdataType.TXT:
            self._add(name, kind, ['"1.1.0"'])
            return
        records = self._records(below)
        if records is None:
            if not self._exists(below):
                self._response.set_rcode(dns.rcode.NXDOMAIN)
            self._add_soa()
            return
        if records.alias:
            self._follow(name, records.alias, kind, followed)
            return
        if kind == RdataType.A and records.addresses:
            self._add(name, kind, random.sample(records.addresses, len(records.addresses)))
        elif kind == RdataType.SRV and records.services:
            self._services(name, records)
        elif not self._response.answer:
            self._add_soa()

    def _records(self, below: Name) -> Records | None:
        found = self._view.zone.get(below)
        if found is not None:
            return found
        # 10-1-2-3.namespace.pod: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
        if len(below) == 3 and below[2] == "pod":
            address = below[0].replace("-", ".")
            known = below[1] in self._view.namespaces and _is_ipv4(address)
            if self._view.config.pods == "insecure" and known:
                return Records([address])
            if self._view.config.pods == "verified" and (below[1], address) in self._view.pod_addresses:
                return Records([address])
        return None

    def _exists(self, below: Name) -> bool:
        """Names between the domain and a Service exist without records: an empty non-terminal (RFC 8020)."""
        if below in ((), ("svc",), ("pod",)):
            return True
        return len(below) == 2 and below[1] in ("svc", "pod") and below[0] in self._view.namespaces

    def _follow(self, name: dns.name.Name, alias: str, kind: RdataType, followed: int) -> None:
        """ExternalName: the alias itself, and where it leads as far as that is known."""
        target = dns.name.from_text(alias)
        if target.is_subdomain(DOMAIN) and kind != RdataType.CNAME:
            records = self._records(_below_domain(target))
            if records is None or followed >= ALIASES_FOLLOWED:
                if not self._response.answer:
                    self._add_soa()
                return
            self._add(name, RdataType.CNAME, [str(target)])
            self._cluster(target, kind, followed + 1)
            return
        self._add(name, RdataType.CNAME, [str(target)])
        if kind != RdataType.CNAME:
            self._hosts(target, kind)

    def _services(self, name: dns.name.Name, records: Records) -> None:
        weight = max(100 // len({target for _, target in records.services}), 1)
        targets = [(port, dns.name.Name(target) + DOMAIN, target) for port, target in _encoded(records.services)]
        self._add(name, RdataType.SRV, [f"0 {weight} {port} {full}" for port, full, _ in targets])
        for _, full, target in targets:
            found = self._view.zone.get(tuple(label.decode() for label in target))
            if found and found.addresses:
                rrset = dns.rrset.from_text_list(full, self._view.config.ttl, "IN", "A", found.addresses)
                if rrset not in self._response.additional:
                    self._response.additional.append(rrset)

    def _pointer(self, name: dns.name.Name) -> bool:
        address = ".".join(label.decode() for label in reversed(name.relativize(REVERSE).labels))
        target = self._view.reverse.get(address)
        if target is None:
            return False
        full = dns.name.Name([label.encode() for label in target]) + DOMAIN
        self._add(name, RdataType.PTR, [str(full)])
        return True

    def _hosts(self, name: dns.name.Name, kind: RdataType) -> bool:
        addresses = self._view.config.hosts.get(name.to_text(omit_final_dot=True).lower())
        if addresses is None:
            return False
        version = {RdataType.A: ".", RdataType.AAAA: ":"}.get(kind)
        wanted = [address for address in addresses if version and version in address]
        if wanted:
            self._add(name, kind, wanted)
        return True

    def _add(self, name: dns.name.Name, kind: RdataType, texts: list[str]) -> None:
        self._response.answer.append(dns.rrset.from_text_list(name, self._view.config.ttl, "IN", kind, texts))

    def _add_soa(self) -> None:
        soa = SOA.format(serial=int(time.time()), ttl=self._view.config.ttl)
        self._response.authority.append(dns.rrset.from_text(DOMAIN, self._view.config.ttl, "IN", "SOA", soa))

    def _fail(self, rcode: dns.rcode.Rcode) -> None:
        self._response.flags &= ~dns.flags.AA
        self._response.set_rcode(rcode)


def _below_domain(name: dns.name.Name) -> Name:
    return tuple(label.decode("ascii", "replace").lower() for label in name.relativize(DOMAIN).labels)


def _encoded(services: list[tuple[int, Name]]) -> list[tuple[int, tuple[bytes, ...]]]:
    return [(port, tuple(label.encode() for label in target)) for port, target in services]


def _is_ipv4(text: str) -> bool:
    parts = text.split(".")
    return len(parts) == 4 and all(part.isascii() and part.isdigit() and int(part) < 256 for part in parts)
