"""What a name below the cluster's zone stands for, and which names an address has.

Sources: https://github.com/kubernetes/dns/blob/master/docs/specification.md https://coredns.io/plugins/kubernetes/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import dns.name
import dns.reversename

from pocketkube.dns.cluster import NO_PORT, ClusterIndex, Endpoint, Key, Port, Service, version

REVERSE = (dns.reversename.ipv4_reverse_domain, dns.reversename.ipv6_reverse_domain)
NAME_SERVER = dns.name.from_text("ns.dns", None)
NO_PORT_KNOWN = 0  # of Pods


class NoSuchName(Exception):
    """NXDOMAIN, unless another plugin is to be asked."""


class Found(NamedTuple):
    """An address (or, for ExternalName, a name) that `owner` stands for: `owner` are labels below the zone."""

    host: str
    port: int
    owner: tuple[str, ...]


class Asked(NamedTuple):
    """The parts of a name below the zone: _port._protocol.service.namespace.svc or endpoint.service.namespace.svc."""

    kind: str = ""
    namespace: str = ""
    service: str = ""
    endpoint: str = ""
    port: str = ""
    protocol: str = ""


@dataclass(slots=True)
class ClusterNames:
    """The fields are the options of the plugin, as a Corefile has them."""

    cluster: ClusterIndex
    pods: str = "disabled"
    endpoint_pod_names: bool = False
    ignore_empty_service: bool = False
    no_endpoints: bool = False
    namespaces: set[str] = field(default_factory=set)  # all when empty

    def find(self, name: dns.name.Name, zone: dns.name.Name, wanted: int = 4) -> list[Found]:
        """What a name stands for; [] where it exists without that. `wanted`: the IP version asked for, else 0."""
        relative = name.relativize(zone)
        if relative == NAME_SERVER:
            return [Found(address, 0, owner) for address, owner in self.own_services() if version(address) == wanted]
        asked = _parse(tuple(label.decode("ascii", "replace").lower() for label in relative.labels))
        if not asked.kind:
            return []
        if is_reverse(zone) or not self._is_exposed(asked.namespace):
            raise NoSuchName
        if asked.kind == "pod":
            return self._find_pod(asked)
        return self._find_service(asked) if asked.service else []

    def _find_pod(self, asked: Asked) -> list[Found]:
        """10-1-2-3.namespace.pod: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"""
        if self.pods == "disabled":
            raise NoSuchName
        if not asked.service:
            return []
        dashes = asked.service.count("-")
        address = asked.service.replace("-", "." if dashes == 3 and "--" not in asked.service else ":")
        known = version(address) if self.pods == "insecure" else (asked.namespace, address) in self.cluster.pods
        if not known:
            raise NoSuchName
        return [Found(address, NO_PORT_KNOWN, (asked.service, asked.namespace, "pod"))]

    def _find_service(self, asked: Asked) -> list[Found]:
        key = (asked.service, asked.namespace)
        service = self.cluster.services.get(key)
        if service is None:
            raise NoSuchName
        if service.external_name:
            if asked.endpoint or asked.port or asked.protocol or version(service.external_name):
                raise NoSuchName
            return [Found(service.external_name, NO_PORT, (*key, "svc"))]
        if asked.endpoint or not service.addresses:
            found = [
                Found(endpoint.address, port.number, (self._hostname(endpoint), *key, "svc"))
                for endpoint in ([] if self.no_endpoints else self.cluster.endpoints.get(key, ()))
                if not asked.endpoint or asked.endpoint == self._hostname(endpoint).lower()
                for port in endpoint.ports
                if _matches(asked, port)
            ]
        else:
            found = self._of_cluster_ip(asked, key, service)
        if not found:
            raise NoSuchName
        return found

    def _of_cluster_ip(self, asked: Asked, key: Key, service: Service) -> list[Found]:
        if self.ignore_empty_service and not self.cluster.endpoints.get(key):
            return []
        return [
            Found(address, port.number, (*key, "svc"))
            for port in service.ports
            if _matches(asked, port)
            for address in service.addresses
        ]

    def _hostname(self, endpoint: Endpoint) -> str:
        if endpoint.hostname:
            return endpoint.hostname
        if self.endpoint_pod_names and endpoint.pod:
            return endpoint.pod
        return endpoint.address.replace(".", "-").replace(":", "-")

    def _is_exposed(self, namespace: str, *, listed_only: bool = False) -> bool:
        if self.namespaces and namespace not in self.namespaces:
            return False
        return listed_only or namespace in self.cluster.namespaces

    def owners(self, address: str) -> Iterator[tuple[str, ...]]:
        """The names of an address: of the Service whose cluster IP it is, else of every endpoint that has it."""
        key = self.cluster.by_cluster_ip.get(address)
        if key and self._is_exposed(key[1], listed_only=True):
            yield (*key, "svc")
            return
        for key, endpoint in self.cluster.by_endpoint.get(address, ()):
            if self._is_exposed(key[1], listed_only=True):
                yield (self._hostname(endpoint), *key, "svc")

    def own_services(self) -> list[tuple[str, tuple[str, ...]]]:
        """The Services that CoreDNS itself is an endpoint of, as (address, owner)."""
        keys = dict.fromkeys(key for key, _ in self.cluster.by_endpoint.get(self.cluster.own_address, ()))
        services = [self.cluster.services[key] for key in keys if key in self.cluster.services]
        found: list[tuple[str, tuple[str, ...]]] = []
        for service in services:
            found += [(address, (service.name, service.namespace, "svc")) for address in service.addresses]
        return found or [(self.cluster.own_address, ("ns", "dns"))]


def _parse(labels: tuple[str, ...]) -> Asked:
    if labels in ((), ("svc",), ("pod",)):
        return Asked()
    if labels[-1] not in ("svc", "pod") or len(labels) > 5:
        raise NoSuchName
    *rest, namespace, kind = labels
    match rest:
        case []:
            return Asked(kind, namespace)
        case [service]:
            return Asked(kind, namespace, service)
        case [endpoint, service]:
            return Asked(kind, namespace, service, endpoint=endpoint)
    port, protocol, service = rest
    return Asked(kind, namespace, service, port=port.removeprefix("_"), protocol=protocol.removeprefix("_"))


def _matches(asked: Asked, port: Port) -> bool:
    return (not asked.port or asked.port == port.name.lower()) and (
        not asked.protocol or asked.protocol == port.protocol
    )


def is_reverse(name: dns.name.Name) -> bool:
    """Whether it lies among the names of addresses."""
    return any(name.is_subdomain(each) for each in REVERSE)
