"""`cache`: here it gives answers the TTL that CoreDNS's gives them. Nothing is kept: every answer is made anew.

Source: https://coredns.io/plugins/cache/
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import dns.name
import dns.rcode
import dns.rdatatype

from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.dns.message import Handler, Record, Request, Response, zone_of
from pocketkube.dns.plugins.setup import Surroundings, names, once

SHORTEST, LONGEST, LONGEST_DENIAL = 5, 3600, 1800  # seconds


@dataclass(slots=True)
class Bounds:
    shortest: int
    longest: int


@dataclass(frozen=True, slots=True)
class Cache:
    zones: list[dns.name.Name]
    success: Bounds
    denial: Bounds

    async def answer(self, request: Request, following: Handler) -> Response:
        response = await following(request)
        if zone_of(request.name, self.zones) is None:
            return response
        ttl = self._ttl(response)
        answer, authority, additional = (
            [Record(name, ttl, data) for name, _, data in section]
            for section in (response.answer, response.authority, response.additional)
        )
        return replace(response, answer=answer, authority=authority, additional=additional)

    def _ttl(self, response: Response) -> int:
        """The smallest TTL in it, within the bounds of its kind; all records get that one."""
        records = [*response.answer, *response.authority, *response.additional]
        has_soa = any(each.data.rdtype == dns.rdatatype.SOA for each in response.authority)
        denied = has_soa and (
            response.rcode == dns.rcode.NXDOMAIN or (response.rcode == dns.rcode.NOERROR and not response.answer)
        )
        if response.rcode == dns.rcode.SERVFAIL:
            return SHORTEST
        if not records or (response.rcode != dns.rcode.NOERROR and not denied):
            smallest = SHORTEST
        else:
            smallest = min(LONGEST, *(each.ttl for each in records))
        bounds = self.denial if denied else self.success
        return min(max(smallest, bounds.shortest), bounds.longest)


def setup(directives: list[Directive], surroundings: Surroundings) -> Cache:
    directive = once(directives)
    success, denial = Bounds(SHORTEST, LONGEST), Bounds(SHORTEST, LONGEST_DENIAL)
    arguments = list(directive.arguments)
    if arguments and arguments[0].lstrip("-").isdigit():
        ttl = _positive(arguments.pop(0), directive.line)
        success.longest = denial.longest = ttl
    for line in directive.properties:
        match line.words[0]:
            case "success":
                _bounds(success, directive, line)
            case "denial":
                _bounds(denial, directive, line)
            case "prefetch" | "serve_stale" | "servfail" | "disable" | "keepttl":
                pass  # about what is kept
            case _:
                raise directive.wrong_arguments(line.words[-1], line.number)
    return Cache(names(arguments) or surroundings.zones, success, denial)


def _bounds(bounds: Bounds, directive: Directive, line: Line) -> None:
    """`success CAPACITY [TTL [MINTTL]]`"""
    if len(line.words) < 2:
        raise directive.wrong_arguments(line.words[0], line.number)
    if len(line.words) > 2:
        bounds.longest = _positive(line.words[2], line.number)
    if len(line.words) > 3:
        bounds.shortest = int(line.words[3]) if line.words[3].isdigit() else _positive(line.words[3], line.number)


def _positive(text: str, line: int) -> int:
    if not (text.isascii() and text.lstrip("-").isdigit()):
        raise CorefileError(line, f'strconv.Atoi: parsing "{text}": invalid syntax')
    if int(text) <= 0:
        raise CorefileError(line, f"cache TTL can not be zero or negative: {text}")
    return int(text)
