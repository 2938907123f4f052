"""`forward`: names of a zone are asked of other DNS servers. Source: https://coredns.io/plugins/forward/"""

from __future__ import annotations

from dataclasses import dataclass

import dns.name

from pocketkube.dns.cluster import version
from pocketkube.dns.corefile import CorefileError, Directive, Line
from pocketkube.dns.message import Handler, Request, Response
from pocketkube.dns.plugins.setup import Surroundings, names
from pocketkube.dns.upstream import DNS_PORT, Address, Upstream

HOST_RESOLVERS = "/etc/resolv.conf"  # the node's, and so the host's
# How connections are kept and servers watched; every query here has a socket of its own, and asks every server.
ABOUT_CONNECTIONS = {
    "expire",
    "failfast_all_unhealthy_upstreams",
    "force_tcp",
    "health_check",
    "max_concurrent",
    "max_connect_attempts",
    "max_fails",
    "max_idle_conns",
    "policy",
    "prefer_udp",
}


@dataclass(frozen=True, slots=True)
class Forward:
    """`servers`: None for the host's own resolvers."""

    zone: dns.name.Name
    servers: tuple[Address | None, ...]
    ignored: tuple[dns.name.Name, ...]
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
        return await self.upstream.ask(request, servers)


def setup(directive: Directive, surroundings: Surroundings) -> Forward:
    if len(directive.arguments) < 2:
        raise directive.wrong_arguments(directive.arguments[-1] if directive.arguments else "")
    zone, *servers = directive.arguments
    ignored: list[dns.name.Name] = []
    for line in directive.properties:
        name, *arguments = line.words
        if name == "except":
            if not arguments:
                raise directive.wrong_arguments(name, line.number)
            ignored += names(arguments)
        elif name in ("tls", "tls_servername", "next", "failover"):
            raise surroundings.not_carried_out(directive, line)
        elif name not in ABOUT_CONNECTIONS:
            raise CorefileError(line.number, f"unknown property '{name}'")
        elif name == "policy":
            _check_policy(arguments, line)
    found = tuple(_server(text, directive) for text in servers)
    return Forward(names([zone])[0], found, tuple(ignored), surroundings.upstream)


def _check_policy(arguments: list[str], line: Line) -> None:
    if len(arguments) != 1 or arguments[0] not in ("random", "round_robin", "sequential"):
        raise CorefileError(line.number, f"unknown policy '{' '.join(arguments)}'")


def _server(text: str, directive: Directive) -> Address | None:
    if text == HOST_RESOLVERS:
        return None
    host, port = text.removeprefix("dns://"), DNS_PORT
    head, colon, tail = host.rpartition(":")
    if colon and version(head) == 4 and tail.isdigit():
        host, port = head, int(tail)
    if version(host) != 4:
        raise CorefileError(directive.line, f'not an IP address or file: "{text}"')
    return host, port
