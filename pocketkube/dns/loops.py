"""`loop`: CoreDNS ends when its questions come back to it. Source: https://coredns.io/plugins/loop/

CoreDNS finds out by asking itself; here it is seen in what it forwards, and to where.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

import dns.name

from pocketkube.dns.cluster import ClusterIndex
from pocketkube.dns.corefile import Directive
from pocketkube.dns.plugins import forward
from pocketkube.dns.plugins.setup import names

KUBE_DNS = ("kube-dns", "kube-system")
HELP = "https://coredns.io/plugins/loop#troubleshooting"


class Forwarded(NamedTuple):
    """Questions about a zone that is served on `port` go on to `address`."""

    zone: dns.name.Name
    port: int
    address: str


def forwarded(directives: list[Directive], served: list[tuple[dns.name.Name, int]]) -> Iterator[Forwarded]:
    """Of a server block that has `loop`; to the port that it is served on, as it would not come back otherwise."""
    if not any(each.name == "loop" for each in directives):
        return
    for each in directives:
        if each.name != "forward":
            continue
        source, *servers = each.arguments
        (origin, *_) = names([source])
        for zone, port in served:
            for server in servers:
                found = forward.server(server)
                if found and found[1] == port and zone.is_subdomain(origin):
                    yield Forwarded(zone, port, found[0])


def fatal(questions: list[Forwarded], own_address: str, cluster: ClusterIndex) -> str:
    """What CoreDNS in the Pod with that address logs before it ends; "" when nothing comes back to it."""
    cluster.refresh()
    for zone, port, address in questions:
        itself = ip_address(address).is_loopback or address == own_address
        if itself or cluster.by_cluster_ip.get(address) == KUBE_DNS:
            source = f"{'127.0.0.1' if itself else own_address}:{32768 + secrets.randbelow(28232)}"
            asked = dns.name.Name([str(secrets.randbits(63)).encode() for _ in range(2)]).concatenate(zone)
            what = f'Loop ({source} -> :{port}) detected for zone "{zone}", see {HELP}. Query: "HINFO {asked}"'
            return f"[FATAL] plugin/loop: {what}"
    return ""
