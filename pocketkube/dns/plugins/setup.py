"""What the plugins need to read their part of a Corefile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network

import dns.exception
import dns.name
import dns.reversename

from pocketkube.dns.cluster import ClusterIndex
from pocketkube.dns.corefile import CorefileError, Directive, Line, NotCarriedOut
from pocketkube.dns.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a plugin is set up in: its server block's zones, the cluster, and CoreDNS's own log.

    `written`: the plugins of the server block; `files`: what lies beside the Corefile, by path.
    """

    zones: list[dns.name.Name]
    cluster: ClusterIndex
    upstream: Upstream
    log: Callable[[str], None]
    written: Mapping[str, list[Directive]] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def not_carried_out(directive: Directive, line: Line | None = None) -> NotCarriedOut:
        what = f"{directive.name} {line.words[0]}" if line else directive.name
        return NotCarriedOut(line.number if line else directive.line, f"pocketkube does not carry out '{what}'")


@dataclass(frozen=True, slots=True)
class Fallthrough:
    """For which names a plugin that has no answer asks the next one."""

    zones: list[dns.name.Name] = field(default_factory=list)

    @classmethod
    def of(cls, arguments: list[str]) -> Fallthrough:
        return cls(names(arguments) or [dns.name.root])

    def covers(self, name: dns.name.Name) -> bool:
        return any(name.is_subdomain(zone) for zone in self.zones)


def names(texts: Iterable[str]) -> list[dns.name.Name]:
    """Zones as a Corefile names them: domains, or networks for their reverse zones. A port is passed over."""
    found: list[dns.name.Name] = []
    for text in texts:
        host = text.removeprefix("dns://")
        try:
            found += _reverse_zones(host)
            continue
        except ValueError:
            pass
        domain, _, port = host.rpartition(":")
        found.append(dns.name.from_text((domain if port.isdigit() else host).lower()))
    return found


def once(directives: list[Directive]) -> Directive:
    if len(directives) > 1:
        raise CorefileError(0, "this plugin can only be used once per Server Block")
    return directives[0]


def only(directive: Directive, line: Line, count: int) -> list[str]:
    """The arguments of a property that has exactly `count`."""
    if len(line.words) != count + 1:
        raise directive.wrong_arguments(line.words[-1], line.number)
    return line.words[1:]


def whole_number(directive: Directive, line: Line) -> int:
    """The first argument of a property, which is not below 0."""
    if len(line.words) < 2:
        raise directive.wrong_arguments(line.words[-1], line.number)
    if not (line.words[1].isascii() and line.words[1].isdigit()):
        raise CorefileError(0, f'strconv.Atoi: parsing "{line.words[1]}": invalid syntax')
    return int(line.words[1])


def _reverse_zones(text: str) -> list[dns.name.Name]:
    """10.0.0.0/15 → 0.10.in-addr.arpa and 1.10.in-addr.arpa. ValueError for what is no network."""
    if "/" not in text:
        raise ValueError(text)
    network = ip_network(text, strict=False)
    bits = 8 if network.version == 4 else 4
    length = -(-network.prefixlen // bits) * bits
    labels = network.max_prefixlen // bits - length // bits
    found = []
    for part in network.subnets(new_prefix=length):
        reverse = dns.reversename.from_address(str(part.network_address))
        found.append(dns.name.Name(reverse.labels[labels:]))
    return found
