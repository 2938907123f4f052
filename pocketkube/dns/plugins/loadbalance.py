"""`loadbalance`: addresses come in another order each time. Source: https://coredns.io/plugins/loadbalance/"""

from __future__ import annotations

import random
from dataclasses import replace

import dns.rcode
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import CorefileError, Directive
from pocketkube.dns.message import Handler, Record, Request, Response
from pocketkube.dns.plugins.setup import Surroundings, once


class LoadBalance:
    async def answer(self, request: Request, following: Handler) -> Response:
        response = await following(request)
        if response.rcode != dns.rcode.NOERROR:
            return response
        answer, authority, additional = map(_shuffled, (response.answer, response.authority, response.additional))
        return replace(response, answer=answer, authority=authority, additional=additional)


def _shuffled(records: list[Record]) -> list[Record]:
    """Aliases first, then the rest as it was, then addresses and mail exchangers, each shuffled."""
    groups: dict[str, list[Record]] = {"alias": [], "rest": [], "address": [], "mail": []}
    kinds = {RdataType.CNAME: "alias", RdataType.A: "address", RdataType.AAAA: "address", RdataType.MX: "mail"}
    for each in records:
        groups[kinds.get(each.data.rdtype, "rest")].append(each)
    random.shuffle(groups["address"])
    random.shuffle(groups["mail"])
    return [each for group in groups.values() for each in group]


def setup(directives: list[Directive], surroundings: Surroundings) -> LoadBalance:
    directive = once(directives)
    policy = directive.arguments[0] if directive.arguments else "round_robin"
    if policy == "weighted" or directive.properties:
        raise surroundings.not_carried_out(directive)
    if policy != "round_robin":
        raise CorefileError(0, f"unknown policy: {policy}")
    return LoadBalance()
