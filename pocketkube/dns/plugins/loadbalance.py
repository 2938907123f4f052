"""`loadbalance`: addresses come in another order each time. Source: https://coredns.io/plugins/loadbalance/"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import dns.rcode
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.message import Handler, Record, Request, Response
from pocketkube.dns.plugins.setup import Surroundings

ADDRESSES = (RdataType.A, RdataType.AAAA)
KINDS = {RdataType.CNAME: "alias", RdataType.A: "address", RdataType.AAAA: "address", RdataType.MX: "mail"}


@dataclass(frozen=True, slots=True)
class LoadBalance:
    """`preferred`: addresses in these networks come first."""

    preferred: tuple[IPv4Network | IPv6Network, ...] = ()

    async def answer(self, request: Request, following: Handler) -> Response:
        response = await following(request)
        if response.rcode != dns.rcode.NOERROR:
            return response
        answer, authority, additional = map(_shuffled, (response.answer, response.authority, response.additional))
        if self.preferred and request.kind in ADDRESSES:
            answer.sort(key=self._rank)
        return replace(response, answer=answer, authority=authority, additional=additional)

    def _rank(self, each: Record) -> int:
        """Aliases, what is preferred, the rest."""
        if each.data.rdtype not in ADDRESSES:
            return 0
        address = ip_address(each.data.to_text())
        return 1 if any(address in network for network in self.preferred) else 2


def _shuffled(records: list[Record]) -> list[Record]:
    """Aliases first, then the rest as it was, then addresses and mail exchangers, each shuffled."""
    groups: dict[str, list[Record]] = {"alias": [], "rest": [], "address": [], "mail": []}
    for each in records:
        groups[KINDS.get(each.data.rdtype, "rest")].append(each)
    random.shuffle(groups["address"])
    random.shuffle(groups["mail"])
    return [each for group in groups.values() for each in group]


def setup(directives: list[Directive], surroundings: Surroundings) -> LoadBalance:
    preferred: list[IPv4Network | IPv6Network] = []
    for directive in directives:
        policy, *more = directive.arguments or ["round_robin"]
        if policy == "weighted":
            raise surroundings.not_carried_out(directive)
        if policy != "round_robin":
            raise CorefileError(0, f"unknown policy: {policy}")
        if more:
            raise CorefileError(directive.line, f"unknown property for {policy}")
        for line in directive.properties:
            if line.words[0] != "prefer":
                raise CorefileError(line.number, f"unknown property '{line.words[0]}'")
            for text in line.words[1:]:
                try:
                    preferred.append(ip_network(text, strict=False))
                except ValueError:
                    problem = f'invalid CIDR "{text}": invalid CIDR address: {text}'
                    raise CorefileError(line.number, problem) from None
    return LoadBalance(tuple(preferred))
