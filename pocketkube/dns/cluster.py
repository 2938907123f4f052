"""What DNS has to know of the cluster: Services, their endpoints, Namespaces and Pods, found by name and by address.

Names are in lower case, as the API requires them.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from pocketkube.resources import ENDPOINTSLICES, NAMESPACES, PODS, SERVICES, Resource
from pocketkube.store import Object, Store
from pocketkube.well_known_labels import SERVICE_NAME

LONGEST_LABEL = 63  # bytes, RFC 1035 2.3.4
NO_PORT = -1  # of a Service or EndpointSlice without ports: it has addresses, but no SRV records

Key = tuple[str, str]  # (name, namespace)
Selector = Callable[[dict[str, str]], bool]  # by labels


class Port(NamedTuple):
    """`protocol` in lower case."""

    name: str
    protocol: str
    number: int


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One ready address. `pod` is the name of the Pod it belongs to, or ""."""

    address: str
    hostname: str
    pod: str
    ports: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """`external`: addresses from outside, those of a load balancer as well, for which there may be names instead."""

    name: str
    namespace: str
    external_name: str  # "" unless it is of that type
    addresses: tuple[str, ...]  # () for a headless one
    ports: tuple[Port, ...]
    external: tuple[str, ...] = ()


@dataclass(slots=True)
class _Told:
    """What all indices of one store are told. `changes`: how often the store has changed."""

    changes: int = 1
    own_address: str = ""


class ClusterIndex:
    """Follows the store by being told that something changed; what was asked for is built when it is asked for."""

    def __init__(
        self,
        store: Store,
        labels: Selector = lambda _labels: True,
        namespace_labels: Selector = lambda _labels: True,
        told: _Told | None = None,
    ) -> None:
        self._store = store
        self._labels = labels
        self._namespace_labels = namespace_labels
        self._told = told or _Told()
        self.services: dict[Key, Service] = {}
        self.endpoints: dict[Key, list[Endpoint]] = {}
        self.by_cluster_ip: dict[str, Key] = {}
        self.by_endpoint: dict[str, list[tuple[Key, Endpoint]]] = {}
        self.namespaces: set[str] = set()
        self.pods: set[tuple[str, str]] = set()  # (namespace, address)
        self.serial = int(time.time())  # when something last changed
        self._seen = 0

    def selecting(self, labels: Selector, namespace_labels: Selector) -> ClusterIndex:
        """An index of the Services, EndpointSlices and Pods that have these labels, and of such Namespaces."""
        return ClusterIndex(self._store, labels, namespace_labels, self._told)

    @property
    def own_address(self) -> str:
        """CoreDNS's own."""
        return self._told.own_address

    @own_address.setter
    def own_address(self, address: str) -> None:
        self._told.own_address = address

    def own_name(self) -> str:
        """The name of the Pod that CoreDNS runs in; "" when there is none."""
        pods = self._store.list(PODS)
        found = (each for each in pods if each.get("status", {}).get("podIP") == self.own_address)
        return next((str(each["metadata"]["name"]) for each in found if self.own_address), "")

    def changed(self) -> None:
        self._told.changes += 1

    def refresh(self) -> None:
        """Look at the store again if it has changed. Cheap otherwise: call it before every question."""
        if self._seen == self._told.changes:
            return
        self._seen = self._told.changes
        self.serial = int(time.time())
        self.namespaces = {each["metadata"]["name"] for each in self._chosen(NAMESPACES, self._namespace_labels)}
        services = map(_service, self._chosen(SERVICES, self._labels))
        self.services = {(found.name, found.namespace): found for found in services}
        self.by_cluster_ip = {address: key for key, service in self.services.items() for address in service.addresses}
        self.endpoints, self.by_endpoint = defaultdict(list), defaultdict(list)
        for each in self._chosen(ENDPOINTSLICES, self._labels):
            labels = each["metadata"].get("labels") or {}
            if labels.get(SERVICE_NAME) and each.get("addressType") != "FQDN":
                self._add_slice((labels[SERVICE_NAME], each["metadata"]["namespace"]), each)
        self.pods = {
            (pod["metadata"]["namespace"], pod["status"]["podIP"])
            for pod in self._chosen(PODS, self._labels)
            if pod.get("status", {}).get("podIP")
            and pod["status"].get("phase") not in ("Succeeded", "Failed")
            and "deletionTimestamp" not in pod["metadata"]
        }

    def _chosen(self, resource: Resource, selector: Selector) -> Iterator[Object]:
        return (each for each in self._store.list(resource) if selector(each["metadata"].get("labels") or {}))

    def _add_slice(self, key: Key, obj: Object) -> None:
        ports = _ports(obj.get("ports"))
        for endpoint in obj.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready") is False:
                continue
            target = endpoint.get("targetRef") or {}
            pod = target.get("name", "") if len(target.get("name", "")) <= LONGEST_LABEL else ""
            for address in endpoint["addresses"]:
                found = Endpoint(address, endpoint.get("hostname") or "", pod, ports)
                self.endpoints[key].append(found)
                self.by_endpoint[address].append((key, found))


def _service(obj: Object) -> Service:
    metadata, spec = obj["metadata"], obj["spec"]
    external = spec.get("externalName", "") if spec.get("type") == "ExternalName" else ""
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    if external or addresses[0] in (None, "", "None"):
        addresses = []
    ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    outside = (*(spec.get("externalIPs") or ()), *(each.get("ip") or each.get("hostname") for each in ingress))
    ports = _ports(spec.get("ports"))
    return Service(metadata["name"], metadata["namespace"], external, tuple(addresses), ports, outside)


def _ports(ports: list[Object] | None) -> tuple[Port, ...]:
    found = tuple(
        Port(port.get("name") or "", (port.get("protocol") or "TCP").lower(), port.get("port") or NO_PORT)
        for port in ports or ()
    )
    return found or (Port("", "", NO_PORT),)


@lru_cache(maxsize=8192)
def version(address: str) -> int:
    """4 or 6 for an IP address, 0 for what is none."""
    try:
        return ip_address(address).version
    except ValueError:
        return 0
