"""Which endpoints the traffic to a Service port may go to, on one node.

Sources: https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-policies KEP-1669 KEP-3015 KEP-2433
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pocketkube.store import Object


class Endpoint(NamedTuple):
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`everywhere`: of the whole cluster; `here`: of this node. Each the ready ones, or else those that still serve.

    `everywhere` is only what hints choose for this node, or for its zone, where they choose any.
    """

    everywhere: tuple[Endpoint, ...]
    here: tuple[Endpoint, ...]


class _Offered(NamedTuple):
    endpoint: Endpoint
    node: str
    ready: bool
    last_resort: bool  # terminating, but still serving
    for_nodes: frozenset[str]
    for_zones: frozenset[str]


def endpoints_of(port: Object, slices: Iterable[Object], node: str, zone: str = "") -> Endpoints:
    """`zone`: the node's; "" when its labels name none."""
    offered = list(_offered(port, slices))
    here = [each for each in offered if each.node == node]
    return Endpoints(_usable(_near(offered, node, zone)), _usable(here))


def _near(offered: list[_Offered], node: str, zone: str) -> list[_Offered]:
    """Hints count only if every ready endpoint has one; those for nodes go before those for zones."""
    ready = [each for each in offered if each.ready]
    for hints, own in (([each.for_nodes for each in ready], node), ([each.for_zones for each in ready], zone)):
        if all(hints) and any(own in each for each in hints):
            return [each for each, hint in zip(ready, hints, strict=True) if own in hint]
    return offered


def serving(port: Object, slices: Iterable[Object]) -> set[str]:
    """The addresses that still serve a port, whatever else is said of them: connections to others lead nowhere."""
    return {
        endpoint["addresses"][0]
        for each in _of_port(port, slices)
        for endpoint in each.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("serving") is not False
    }


def ready_here(ports: Iterable[Object], slices: Iterable[Object], node: str) -> set[str]:
    """The ready addresses of one node, which is what a load balancer asks after: those that end do not count."""
    slices = list(slices)
    offered = (each for port in ports for each in _offered(port, slices))
    return {each.endpoint.address for each in offered if each.ready and each.node == node}


def _usable(offered: list[_Offered]) -> tuple[Endpoint, ...]:
    ready = {each.endpoint for each in offered if each.ready}
    return tuple(sorted(ready or {each.endpoint for each in offered if each.last_resort}))


def _offered(port: Object, slices: Iterable[Object]) -> Iterator[_Offered]:
    for each in _of_port(port, slices):
        number = next(offered["port"] for offered in each["ports"] if _is_same(port, offered))
        for endpoint in each.get("endpoints") or ():
            conditions, hints = endpoint.get("conditions") or {}, endpoint.get("hints") or {}
            yield _Offered(
                Endpoint(endpoint["addresses"][0], number),
                endpoint.get("nodeName") or "",
                ready=conditions.get("ready") is not False,
                last_resort=conditions.get("serving") is not False and conditions.get("terminating") is True,
                for_nodes=frozenset(each["name"] for each in hints.get("forNodes") or ()),
                for_zones=frozenset(each["name"] for each in hints.get("forZones") or ()),
            )


def _of_port(port: Object, slices: Iterable[Object]) -> Iterator[Object]:
    for each in slices:
        if each.get("addressType") == "IPv4" and any(_is_same(port, offered) for offered in each.get("ports") or ()):
            yield each


def _is_same(port: Object, offered: Object) -> bool:
    return bool(
        offered.get("port")
        and (offered.get("name") or "") == (port.get("name") or "")
        and (offered.get("protocol") or "TCP") == port.get("protocol", "TCP")
    )
