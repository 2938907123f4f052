"""Cluster IPs and node ports: https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects

The Services in the store are the only record of what is taken.
"""

from __future__ import annotations

import json
import random
from ipaddress import IPv4Network, ip_address

from pocketkube.errors import Cause
from pocketkube.resources import SERVICES, Resource
from pocketkube.store import Object, Store

SERVICE_CIDR = IPv4Network("10.96.0.0/16")
STATIC_BAND = 256  # addresses at the lower end that are only given when asked for (KEP-3070)
NODE_PORTS = range(30000, 32768)
NO_PORT = NODE_PORTS[-1] + 2  # what a dry run shows


def allocate(store: Store, resource: Resource, new: Object, *, dry_run: bool = False) -> list[Cause]:
    """Give a Service its addresses and ports, in place; causes when what it asks for is not to be had.

    A dry run gets what the API server shows then: the first address, and a port that is none.
    """
    if resource is not SERVICES:
        return []
    spec = new["spec"]
    if spec["type"] == "ExternalName":
        return []
    _choose_families(spec)
    causes = _unavailable_families(spec)
    if causes:
        return causes
    others = [each for each in store.list(SERVICES) if each["metadata"]["uid"] != new["metadata"]["uid"]]
    causes = _allocate_address(spec, others, dry_run=dry_run)
    return causes or _allocate_node_ports(spec, others, dry_run=dry_run)


def _choose_families(spec: Object) -> None:
    """A headless Service without selector is of every family: who writes its endpoints decides."""
    everywhere = spec.get("clusterIP") == "None" and not spec.get("selector")
    spec.setdefault("ipFamilies", ["IPv4"])
    spec.setdefault("ipFamilyPolicy", "RequireDualStack" if everywhere else "SingleStack")
    if everywhere and spec["ipFamilyPolicy"] == "RequireDualStack" and spec["ipFamilies"] == ["IPv4"]:
        spec["ipFamilies"] = ["IPv4", "IPv6"]


def _unavailable_families(spec: Object) -> list[Cause]:
    """This cluster is of IPv4 alone; only a headless Service without selector may name what the cluster lacks.

    Source: https://kubernetes.io/docs/concepts/services-networking/dual-stack/#services
    """
    if spec.get("clusterIP") == "None" and not spec.get("selector"):
        return []
    causes = [
        Cause.invalid(f"spec.ipFamilies[{number}]", json.dumps(family), "not configured on this cluster")
        for number, family in enumerate(spec.get("ipFamilies") or ())
        if family != "IPv4"
    ]
    if spec.get("ipFamilyPolicy") == "RequireDualStack":
        why = "this cluster is not configured for dual-stack services"
        causes.append(Cause.invalid("spec.ipFamilyPolicy", '"RequireDualStack"', why))
    return causes


def _allocate_address(spec: Object, others: list[Object], *, dry_run: bool) -> list[Cause]:
    taken = {each["spec"].get("clusterIP") for each in others}
    wanted = spec.get("clusterIP")
    if not wanted:
        spec["clusterIP"] = str(SERVICE_CIDR[0]) if dry_run else _free_address(taken)
    elif wanted != "None":
        value = json.dumps([wanted])
        if ip_address(wanted) not in SERVICE_CIDR:
            why = "the provided network does not match the current range"
            return [Cause.invalid("spec.clusterIPs", value, f"failed to allocate IP {wanted}: {why}")]
        if wanted in taken:
            why = "provided IP is already allocated"
            return [Cause.invalid("spec.clusterIPs", value, f"failed to allocate IP {wanted}: {why}")]
    spec["clusterIPs"] = [spec["clusterIP"]]
    return []


def _free_address(taken: set[str]) -> str:
    while True:
        address = str(SERVICE_CIDR[random.randrange(STATIC_BAND, SERVICE_CIDR.num_addresses - 1)])
        if address not in taken:
            return address


def _allocate_node_ports(spec: Object, others: list[Object], *, dry_run: bool) -> list[Cause]:
    """A node port is one Service's alone, whatever its protocol; ports of one number share theirs."""
    if spec["type"] not in ("NodePort", "LoadBalancer"):
        return []
    ports = spec.get("ports") or []
    given = spec.get("allocateLoadBalancerNodePorts", True) or spec["type"] == "NodePort"
    taken = {port.get("nodePort") for each in others for port in each["spec"].get("ports") or ()}
    taken |= {each["spec"].get("healthCheckNodePort") for each in others}
    chosen = {port["port"]: port["nodePort"] for port in reversed(ports) if port.get("nodePort")}
    for number, port in enumerate(ports):
        wanted = port.get("nodePort") or (chosen.get(port["port"]) if given else None)
        if wanted:
            causes = _unavailable_port(wanted, taken, f"spec.ports[{number}].nodePort")
            if causes:
                return causes
        elif given:
            wanted = NO_PORT if dry_run else _free_port(taken | set(chosen.values()))
        if wanted:
            port["nodePort"] = chosen[port["port"]] = wanted
    return _allocate_health_check(spec, taken | set(chosen.values()), dry_run=dry_run)


def _allocate_health_check(spec: Object, taken: set[int | None], *, dry_run: bool) -> list[Cause]:
    """https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip"""
    if spec["type"] != "LoadBalancer" or spec.get("externalTrafficPolicy") != "Local":
        return []
    wanted = spec.get("healthCheckNodePort")
    if wanted:
        return _unavailable_port(wanted, taken, "spec.healthCheckNodePort")
    spec["healthCheckNodePort"] = NO_PORT if dry_run else _free_port(taken)
    return []


def _unavailable_port(number: int, taken: set[int | None], field: str) -> list[Cause]:
    if number not in NODE_PORTS:
        what = "provided port is not in the valid range. The range of valid ports is 30000-32767"
        return [Cause.invalid(field, str(number), what)]
    return [Cause.invalid(field, str(number), "provided port is already allocated")] if number in taken else []


def _free_port(taken: set[int | None]) -> int:
    return random.choice([each for each in NODE_PORTS if each not in taken])
