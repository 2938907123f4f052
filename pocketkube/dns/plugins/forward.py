"""`forward`: names of a zone are asked of other DNS servers. Source: https://coredns.io/plugins/forward/"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import dns.exception
import dns.name
import dns.rcode

from pocketkube.dns.cluster import version
from pocketkube.dns.corefile import CorefileError, Directive, Line, NotCarriedOut
from pocketkube.dns.message import Handler, Request, Response
from pocketkube.dns.plugins.setup import Surroundings, names, only
from pocketkube.dns.upstream import DNS_PORT, Manner, Upstream
from pocketkube.dns.upstream_health import Address

HOST_RESOLVERS = "/etc/resolv.conf"  # the node's, and so the host's
# How connections are kept; every query here has a socket of its own.
ABOUT_CONNECTIONS = {
    "expire",
    "failfast_all_unhealthy_upstreams",
    "health_check",
    "max_age",
    "max_concurrent",
    "max_connect_attempts",
    "max_idle_conns",
}
Policy = Callable[[list[Address]], list[Address]]  # from servers as they are written to those that are tried in turn


def _shuffled(servers: list[Address]) -> list[Address]:
    return random.sample(servers, len(servers))


class _RoundRobin:
    """Each time it begins with the next; the others follow as they are written."""

    def __init__(self) -> None:
        self._turn = 0

    def __call__(self, servers: list[Address]) -> list[Address]:
        if not servers:
            return []
        self._turn = (self._turn + 1) % len(servers)
        return [servers[self._turn], *servers[: self._turn], *servers[self._turn + 1 :]]


POLICIES: dict[str, Callable[[], Policy]] = {
    "random": lambda: _shuffled,
    "round_robin": _RoundRobin,
    "sequential": lambda: list,
}


@dataclass(frozen=True, slots=True)
class Forward:
    """`servers`: None for the host's own resolvers."""

    zone: dns.name.Name
    servers: tuple[Address | None, ...]
    ignored: tuple[dns.name.Name, ...]
    policy: Policy
    manner: Manner
    upstream: Upstream
    next: frozenset[dns.rcode.Rcode] = frozenset()  # replies with which the next `forward` is asked

    async def answer(self, request: Request, following: Handler) -> Response:
        name = request.name
        if not name.is_subdomain(self.zone) or any(name.is_subdomain(each) for each in self.ignored):
            return await following(request)
        servers: list[Address] = []
        for server in self.servers:
            if server:
                servers.append(server)
            elif self.upstream.outside:
                servers += self.upstream.outside.resolvers
        response = await self.upstream.ask(request, self.policy(servers), self.manner)
        return await following(request) if response.rcode in self.next else response


def setup(directive: Directive, surroundings: Surroundings) -> Forward:
    if len(directive.arguments) < 2:
        raise directive.wrong_arguments(directive.arguments[-1] if directive.arguments else "")
    zone, *servers = directive.arguments
    found = tuple(server(text, directive.line) for text in servers)
    made = Forward(names([zone])[0], found, (), POLICIES["random"](), Manner(), surroundings.upstream)
    for line in directive.properties:
        made = _with(made, directive, line, surroundings)
    if surroundings.written.get("forward", [directive])[-1] is directive:
        return replace(made, next=frozenset())  # it leads only to another `forward`
    return made


def _with(made: Forward, directive: Directive, line: Line, surroundings: Surroundings) -> Forward:
    """`made` with one more property."""
    name, *arguments = line.words
    match name:
        case "except" | "next" | "failover" | "policy" if not arguments:
            raise directive.wrong_arguments(name, line.number)
        case "except":
            return replace(made, ignored=(*made.ignored, *names(arguments)))
        case "policy":
            return replace(made, policy=_policy(arguments, line))
        case "next":
            return replace(made, next=_rcodes(arguments))
        case "failover":
            return replace(made, manner=replace(made.manner, failover=_rcodes(arguments)))
        case "max_fails":
            return replace(made, manner=replace(made.manner, max_fails=_unsigned(directive, line)))
        case "force_tcp":
            only(directive, line, 0)
            return replace(made, manner=replace(made.manner, force_tcp=True))
        case "prefer_udp":
            only(directive, line, 0)
            return replace(made, manner=replace(made.manner, prefer_udp=True))
        case "tls" | "tls_servername":
            raise surroundings.not_carried_out(directive, line)
        case _ if name in ABOUT_CONNECTIONS:
            return made
    raise CorefileError(line.number, f"unknown property '{name}'")


def _policy(arguments: list[str], line: Line) -> Policy:
    if arguments[0] not in POLICIES:
        raise CorefileError(line.number, f"unknown policy '{arguments[0]}'")
    return POLICIES[arguments[0]]()


def _rcodes(texts: list[str]) -> frozenset[dns.rcode.Rcode]:
    try:
        return frozenset(map(dns.rcode.from_text, texts))
    except dns.exception.DNSException:
        raise CorefileError(0, f"{texts[-1]} is not a valid rcode") from None


def _unsigned(directive: Directive, line: Line) -> int:
    (text,) = only(directive, line, 1)
    if not (text.isascii() and text.isdigit()):
        raise CorefileError(0, f'strconv.ParseUint: parsing "{text}": invalid syntax')
    return int(text)


def server(text: str, line: int = 0) -> Address | None:
    """An address with a port; None for the host's own resolvers."""
    if text == HOST_RESOLVERS:
        return None
    host, port = text.removeprefix("dns://"), DNS_PORT
    if "://" in host:
        raise NotCarriedOut(line, f"pocketkube asks no '{text}': plain DNS only")
    head, colon, tail = host.rpartition(":")
    if colon and version(head) == 4 and tail.isdigit():
        host, port = head, int(tail)
    if version(host) != 4:
        raise CorefileError(0, f'not an IP address or file: "{text}"')
    return host, port
