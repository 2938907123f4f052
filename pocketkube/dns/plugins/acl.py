"""`acl`: who may ask for what. Source: https://coredns.io/plugins/acl/"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import dns.name
import dns.rcode
import dns.rdatatype
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.dns.message import Dropped, Handler, Request, Response, zone_of
from pocketkube.dns.plugins.setup import Surroundings, names

ACTIONS = ("allow", "block", "filter", "drop")
SECTIONS = ("type", "net", "file")
Network = IPv4Network | IPv6Network


@dataclass(slots=True)
class Policy:
    """`kinds` and `networks`: all when empty."""

    action: str
    kinds: set[RdataType] = field(default_factory=set)
    networks: list[Network] = field(default_factory=list)

    def concerns(self, request: Request) -> bool:
        client = ip_address(request.client[0])
        return (not self.kinds or request.kind in self.kinds) and (
            not self.networks or any(client in each for each in self.networks)
        )


@dataclass(frozen=True, slots=True)
class AccessControl:
    """The first policy that concerns a question decides, in each rule until one allows it."""

    rules: list[tuple[list[dns.name.Name], list[Policy]]]

    async def answer(self, request: Request, following: Handler) -> Response:
        for zones, policies in self.rules:
            if zone_of(request.name, zones) is None:
                continue
            match next((each.action for each in policies if each.concerns(request)), ""):
                case "block":
                    return Response(dns.rcode.REFUSED, authoritative=False)
                case "filter":
                    return Response(authoritative=False)
                case "drop":
                    raise Dropped
                case "allow":
                    break
        return await following(request)


def setup(directives: list[Directive], surroundings: Surroundings) -> AccessControl:
    rules = []
    for directive in directives:
        policies = [_policy(line, directive, surroundings) for line in directive.properties]
        rules.append((names(directive.arguments) or surroundings.zones, policies))
    return AccessControl(rules)


def _policy(line: Line, directive: Directive, surroundings: Surroundings) -> Policy:
    """`ACTION [type TYPE...] [net NETWORK...]`"""
    made = Policy(line.words[0].lower())
    if made.action not in ACTIONS:
        wanted = "'allow', 'block', 'filter' or 'drop'"
        raise CorefileError(line.number, f'unexpected token "{line.words[0]}"; expect {wanted}')
    for section, words in _sections(line):
        if "*" in words:
            continue
        match section:
            case "type":
                made.kinds |= {_kind(word, line) for word in words}
            case "net":
                made.networks += [_network(word, line) for word in words]
            case _:
                raise surroundings.not_carried_out(directive, Line([f"{made.action} {section}"], line.number))
    return made


def _sections(line: Line) -> Iterator[tuple[str, list[str]]]:
    starts = [number for number, word in enumerate(line.words) if word.lower() in SECTIONS]
    if len(line.words) == 1:
        return
    if starts[:1] != [1]:
        raise CorefileError(line.number, f"unexpected token \"{line.words[-1]}\"; expect 'type | net | file'")
    for start, end in zip(starts, [*starts[1:], len(line.words)], strict=True):
        section = line.words[start].lower()
        if end - start == 1:
            raise CorefileError(line.number, f'no token specified in "{section}" section')
        yield section, line.words[start + 1 : end]


def _kind(word: str, line: Line) -> RdataType:
    try:
        return dns.rdatatype.from_text(word)
    except dns.rdatatype.UnknownRdatatype:
        raise CorefileError(line.number, f'unexpected token "{word}"; expect legal QTYPE') from None


def _network(word: str, line: Line) -> Network:
    try:
        return ip_network(word, strict=False)
    except ValueError:
        text = word if "/" in word else f"{word}/32"
        raise CorefileError(line.number, f'illegal CIDR notation "{text}"') from None
