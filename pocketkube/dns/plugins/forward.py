"""`forward`: names of a zone are asked of other DNS servers. Source: https://coredns.io/plugins/forward/"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import dns.name

from pocketkube.dns.cluster import version
from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.dns.message import Handler, Request, Response
from pocketkube.dns.plugins.setup import Surroundings, names, only
from pocketkube.dns.upstream import DNS_PORT, Upstream
from pocketkube.dns.upstream_health import Address

HOST_RESOLVERS = "/etc/resolv.conf"  # the node's, and so the host's
MAX_FAILS = 2
# How connections are kept; every query here has a socket of its own.
ABOUT_CONNECTIONS = {
    "expire",
    "failfast_all_unhealthy_upstreams",
    "force_tcp",
    "health_check",
    "max_concurrent",
    "max_connect_attempts",
    "max_idle_conns",
    "prefer_udp",
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
    max_fails: int
    upstream: Upstream

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
        return await self.upstream.ask(request, self.policy(servers), self.max_fails)


def setup(directive: Directive, surroundings: Surroundings) -> Forward:
    if len(directive.arguments) < 2:
        raise directive.wrong_arguments(directive.arguments[-1] if directive.arguments else "")
    zone, *servers = directive.arguments
    ignored: list[dns.name.Name] = []
    policy, max_fails = POLICIES["random"](), MAX_FAILS
    for line in directive.properties:
        name, *arguments = line.words
        if name == "except":
            if not arguments:
                raise directive.wrong_arguments(name, line.number)
            ignored += names(arguments)
        elif name in ("tls", "tls_servername", "next", "failover"):
            raise surroundings.not_carried_out(directive, line)
        elif name == "policy":
            if not arguments:
                raise directive.wrong_arguments(name, line.number)
            policy = _policy(arguments, line)
        elif name == "max_fails":
            max_fails = _unsigned(directive, line)
        elif name not in ABOUT_CONNECTIONS:
            raise CorefileError(line.number, f"unknown property '{name}'")
    found = tuple(_server(text, directive) for text in servers)
    return Forward(names([zone])[0], found, tuple(ignored), policy, max_fails, surroundings.upstream)


def _policy(arguments: list[str], line: Line) -> Policy:
    if arguments[0] not in POLICIES:
        raise CorefileError(line.number, f"unknown policy '{arguments[0]}'")
    return POLICIES[arguments[0]]()


def _unsigned(directive: Directive, line: Line) -> int:
    (text,) = only(directive, line, 1)
    if not (text.isascii() and text.isdigit()):
        raise CorefileError(0, f'strconv.ParseUint: parsing "{text}": invalid syntax')
    return int(text)


def _server(text: str, directive: Directive) -> Address | None:
    if text == HOST_RESOLVERS:
        return None
    host, port = text.removeprefix("dns://"), DNS_PORT
    if "://" in host:
        raise CorefileError(directive.line, f"pocketkube asks no '{text}': plain DNS only")
    head, colon, tail = host.rpartition(":")
    if colon and version(head) == 4 and tail.isdigit():
        host, port = head, int(tail)
    if version(host) != 4:
        raise CorefileError(0, f'not an IP address or file: "{text}"')
    return host, port
