"""Which names exist, from Services, EndpointSlices and Namespaces: the Kubernetes DNS specification 1.1.

Names are tuples of labels below the cluster domain, in lower case: ("web", "default", "svc").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pocketkube.store import Object

Name = tuple[str, ...]


@dataclass(slots=True)
class Records:
    """What one name has. `services` are (port, target below the cluster domain)."""

    addresses: list[str] = field(default_factory=list)
    services: list[tuple[int, Name]] = field(default_factory=list)
    alias: str = ""


Zone = dict[Name, Records]
Reverse = dict[str, Name]


def build(services: Iterable[Object], slices: Iterable[Object]) -> tuple[Zone, Reverse]:
    """All records of the cluster: names, and {address: name} for reverse look-ups."""
    zone: Zone = defaultdict(Records)
    reverse: Reverse = {}
    by_service: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for each in slices:
        metadata = each["metadata"]
        owner = (metadata.get("labels") or {}).get("kubernetes.io/service-name")
        if owner:
            by_service[metadata["namespace"], owner].append(each)
    for service in services:
        metadata, spec = service["metadata"], service["spec"]
        base = (metadata["name"].lower(), metadata["namespace"], "svc")
        if spec.get("type") == "ExternalName":
            zone[base].alias = spec.get("externalName", "")
            continue
        endpoints = by_service[metadata["namespace"], metadata["name"]]
        headless = spec.get("clusterIP") in (None, "", "None")
        _add_endpoints(zone, reverse, base, endpoints, headless=headless)
        if not headless:
            zone[base].addresses = [spec["clusterIP"]]
            reverse[spec["clusterIP"]] = base
            for port in spec.get("ports") or ():
                _add_service(zone, base, port, port["port"], base)
    return dict(zone), reverse


def _add_endpoints(zone: Zone, reverse: Reverse, base: Name, slices: list[Object], *, headless: bool) -> None:
    for each in slices:
        if each.get("addressType") != "IPv4":
            continue
        for endpoint in each.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready") is False:
                continue
            for address in endpoint["addresses"]:
                name = (endpoint.get("hostname") or address.replace(".", "-"), *base)
                _add_address(zone, name, address)
                reverse[address] = name
                if headless:
                    _add_address(zone, base, address)
                    for port in each.get("ports") or ():
                        _add_service(zone, base, port, port.get("port") or 0, name)


def _add_address(zone: Zone, name: Name, address: str) -> None:
    if address not in zone[name].addresses:
        zone[name].addresses.append(address)


def _add_service(zone: Zone, base: Name, port: Object, number: int, target: Name) -> None:
    """SRV for a named port only; the port of a headless Service is its endpoint's."""
    if not port.get("name") or not number:
        return
    name = (f"_{port['name']}", f"_{port.get('protocol', 'TCP').lower()}", *base)
    if (number, target) not in zone[name].services:
        zone[name].services.append((number, target))
