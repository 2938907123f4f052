"""Which endpoints the traffic to a Service port may go to, on one node.

Sources: https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-policies KEP-1669 KEP-3015
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

    `everywhere` is only what is ready on this node where that is preferred and there is any.
    """

    everywhere: tuple[Endpoint, ...]
    here: tuple[Endpoint, ...]


class _Offered(NamedTuple):
    endpoint: Endpoint
    node: str
    ready: bool
    last_resort: bool  # terminating, but still serving


def endpoints_of(port: Object, slices: Iterable[Object], node: str, *, prefer_node: bool = False) -> Endpoints:
    """`prefer_node`: the Service's trafficDistribution is PreferSameNode."""
    offered = list(_offered(port, slices))
    here = [each for each in offered if each.node == node]
    preferred = [each for each in here if each.ready] if prefer_node else []
    return Endpoints(_usable(preferred or offered), _usable(here))


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
            conditions = endpoint.get("conditions") or {}
            yield _Offered(
                Endpoint(endpoint["addresses"][0], number),
                endpoint.get("nodeName") or "",
                ready=conditions.get("ready") is not False,
                last_resort=conditions.get("serving") is not False and conditions.get("terminating") is True,
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
