"""From server blocks to what answers: for each port the zones that are served there, each by a chain of plugins."""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import dns.exception
import dns.name
import dns.rcode
import dns.rdataclass
from dns.rdatatype import RdataType

from pocketkube.dns.corefile import CorefileError, Directive, ServerBlock, parse
from pocketkube.dns.lameduck import lameduck
from pocketkube.dns.loops import Forwarded, forwarded
from pocketkube.dns.message import Failed, Handler, Request, Response
from pocketkube.dns.observed import DEFAULTS, Place, place_of
from pocketkube.dns.plugins import (
    acl,
    answers_cut,
    autopath,
    cache_setup,
    chaos,
    forward,
    header,
    hosts,
    k8s_external,
    kubernetes_setup,
    loadbalance,
    local,
    logs,
    program,
    rewrite,
    template,
    whoami,
    zone_file,
)
from pocketkube.dns.plugins.setup import Surroundings, names
from pocketkube.dns.upstream import DNS_PORT


class Plugin(Protocol):
    async def answer(self, request: Request, following: Handler) -> Response: ...


Setup = Callable[[list[Directive], Surroundings], Any]

# In the order in which CoreDNS runs them, whatever order they are written in (its plugin.cfg).
PLUGINS: dict[str, Setup] = {
    "bufsize": answers_cut.buffer_setup,
    "errors": logs.errors_setup,
    "log": logs.log_setup,
    "local": local.setup,
    "acl": acl.setup,
    "any": answers_cut.any_setup,
    "chaos": chaos.setup,
    "loadbalance": loadbalance.setup,
    "cache": cache_setup.setup,
    "rewrite": rewrite.setup,
    "header": header.setup,
    "autopath": autopath.setup,
    "minimal": answers_cut.minimal_setup,
    "template": template.setup,
    "hosts": hosts.setup,
    "k8s_external": k8s_external.setup,
    "kubernetes": kubernetes_setup.setup,
    "file": zone_file.setup,
}
NOT_CARRIED_OUT = {
    *("root", "geoip", "tls", "quic", "grpc_server", "https", "https3", "nsid", "bind", "trace", "dnstap"),
    *("dns64", "tsig", "dnssec", "transfer", "route53", "azure", "clouddns"),
    *("auto", "secondary", "etcd", "grpc", "erratic", "on", "sign", "view", "nomad"),
}
LAST = ("forward", "whoami")  # those that come after all others
FOREIGN_CLASSES = {"chaos", "forward"}  # the plugins that let queries of other classes than IN in


@dataclass(slots=True)
class Listener:
    """What is served on one port. `zones`: chains by name."""

    zones: dict[dns.name.Name, Handler] = field(default_factory=dict)
    foreign_classes: bool = False

    async def respond(self, request: Request) -> Response:
        """The response of the zone that the name belongs to. Failed when it is of none."""
        if request.kind_class != dns.rdataclass.IN and not self.foreign_classes:
            raise Failed(dns.rcode.REFUSED, "not of class IN")
        matching = [zone for zone in self.zones if request.name.is_subdomain(zone)]
        if not matching:
            raise Failed(dns.rcode.REFUSED, "no such zone")
        zone = max(matching, key=len)
        if request.kind == RdataType.DS:  # what is said of a zone from above is its parent's to say
            zone = min((each for each in matching if len(each) > 1), key=len, default=zone)
        return await self.zones[zone](replace(request, resolve=self.respond))


@dataclass(frozen=True, slots=True)
class Configuration:
    """`places`: where it is told over HTTP how CoreDNS is. `digest`: SHA-512 of the text, in hexadecimal digits.

    `text`: the Corefile; `lameduck`: seconds for which it answers after SIGTERM; `forwarded`: what may be a loop.
    """

    text: str

    listeners: dict[int, Listener]
    places: set[Place]
    lameduck: float
    digest: str
    forwarded: list[Forwarded]


def configure(text: str, surroundings: Surroundings) -> Configuration:
    """Set everything up as a Corefile says; CorefileError, and nothing changed, for one that cannot be."""
    listeners: dict[int, Listener] = defaultdict(Listener)
    blocks = parse(text, _is_plugin)
    if not blocks:
        raise CorefileError(1, "there is no server block")
    for block in blocks:
        for directive in block.directives:
            if directive.name in NOT_CARRIED_OUT:
                raise Surroundings.not_carried_out(directive)
    for block in blocks:
        _add(block, listeners, surroundings)
    directives = [each for block in blocks for each in block.directives]
    places = {place_of(each) for each in directives if each.name in DEFAULTS}
    digest = hashlib.sha512(text.encode()).hexdigest()
    going_on = [
        each
        for block in blocks
        for each in forwarded(block.directives, [one for key in block.keys for one in _served(key, block.line)])
    ]
    return Configuration(text, dict(listeners), places, lameduck(directives), digest, going_on)


def _is_plugin(name: str) -> bool:
    return name in PLUGINS or name in program.PROGRAM or name in NOT_CARRIED_OUT or name in LAST


def _add(block: ServerBlock, listeners: dict[int, Listener], surroundings: Surroundings) -> None:
    with _line_of(block.line):
        served = [each for key in block.keys for each in _served(key, block.line)]
    zones = [zone for zone, _ in served]
    handler = _chain(block.directives, replace(surroundings, zones=zones))
    for zone, port in served:
        if zone in listeners[port].zones:
            raise CorefileError(0, f"cannot serve dns://{zone}:{port} - it is already defined")
        listeners[port].zones[zone] = handler
        if any(each.name in FOREIGN_CLASSES for each in block.directives):
            listeners[port].foreign_classes = True


def _served(key: str, line: int) -> list[tuple[dns.name.Name, int]]:
    """`example.org:1053` → the zone and the port; a network stands for its reverse zones."""
    host = key.removeprefix("dns://")
    if "://" in host:
        raise CorefileError(line, f"pocketkube serves no '{key}': plain DNS only")
    head, colon, tail = host.rpartition(":")
    if not colon:
        return [(zone, DNS_PORT) for zone in names([host])]
    if not (tail.isascii() and tail.isdigit() and 0 < int(tail) < 65536):
        raise CorefileError(line, f"invalid port in '{key}'")
    return [(zone, int(tail)) for zone in names([head or "."])]


def _chain(directives: list[Directive], surroundings: Surroundings) -> Handler:
    written: dict[str, list[Directive]] = defaultdict(list)
    for each in directives:
        written[each.name].append(each)
    for name in program.PROGRAM:
        for each in written[name]:
            with _said_by(name, each.line):
                program.check(each)
    surroundings = replace(surroundings, written=written)
    plugins: list[Plugin] = []
    for name, setup in PLUGINS.items():
        if written[name]:
            with _said_by(name, written[name][0].line):
                plugins.append(setup(written[name], surroundings))
    for each in written["forward"]:
        with _said_by("forward", each.line):
            plugins.append(forward.setup(each, surroundings))
    if written["whoami"]:
        with _said_by("whoami", written["whoami"][0].line):
            plugins.append(whoami.setup(written["whoami"], surroundings))
    handler: Handler = _nothing if plugins else _refuse
    for plugin in reversed(plugins):
        handler = partial(plugin.answer, following=handler)
    return handler


@contextlib.contextmanager
def _line_of(line: int) -> Iterator[None]:
    """A name that is none is an error of this line."""
    try:
        yield
    except dns.exception.DNSException as error:
        raise CorefileError(line, str(error)) from error


@contextlib.contextmanager
def _said_by(plugin: str, line: int) -> Iterator[None]:
    try:
        with _line_of(line):
            yield
    except CorefileError as error:
        raise error.of_plugin(plugin) from error


async def _nothing(_request: Request) -> Response:
    raise Failed(dns.rcode.SERVFAIL, "no next plugin found")


async def _refuse(_request: Request) -> Response:
    raise Failed(dns.rcode.REFUSED, "the server block has no plugin that answers")
