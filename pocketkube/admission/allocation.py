"""Cluster IPs and node ports: https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects

The Services in the store are the only record of what is taken.
"""

from __future__ import annotations

import json
import random
from ipaddress import IPv4Address, IPv4Network

from pocketkube.errors import Cause
from pocketkube.resources import SERVICES, Resource
from pocketkube.store import Object, Store

SERVICE_CIDR = IPv4Network("10.96.0.0/16")
STATIC_BAND = 256  # addresses at the lower end that are only given when asked for (KEP-3070)
NODE_PORTS = range(30000, 32768)


def allocate(store: Store, resource: Resource, new: Object, old: Object | None) -> list[Cause]:
    """Give a Service its addresses and ports, in place; causes when what it asks for is not to be had."""
    if resource is not SERVICES:
        return []
    spec = new["spec"]
    if spec["type"] == "ExternalName":
        for field in ("clusterIP", "clusterIPs"):
            spec.pop(field, None)
        return []
    if old and old["spec"]["type"] != "ExternalName" and not spec.get("clusterIP"):
        spec["clusterIP"] = old["spec"].get("clusterIP", "")
    causes = _unavailable_families(spec)
    if causes:
        return causes
    others = [each for each in store.list(SERVICES) if each["metadata"]["uid"] != new["metadata"]["uid"]]
    return _allocate_address(spec, others) + _allocate_node_ports(spec, old, others)


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


def _allocate_address(spec: Object, others: list[Object]) -> list[Cause]:
    taken = {each["spec"].get("clusterIP") for each in others}
    wanted = spec.get("clusterIP")
    if not wanted:
        spec["clusterIP"] = _free_address(taken)
    elif wanted != "None":
        value = json.dumps([wanted])
        if IPv4Address(wanted) not in SERVICE_CIDR:
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


def _allocate_node_ports(spec: Object, old: Object | None, others: list[Object]) -> list[Cause]:
    ports = spec.get("ports") or []
    if spec["type"] not in ("NodePort", "LoadBalancer"):
        for port in ports:
            port.pop("nodePort", None)
        return []
    taken = {
        (port.get("protocol"), port.get("nodePort")) for each in others for port in each["spec"].get("ports") or ()
    }
    before = {
        (port.get("protocol"), port["port"]): port.get("nodePort")
        for port in (old["spec"].get("ports") or () if old else ())
    }
    causes = []
    for number, port in enumerate(ports):
        wanted = port.get("nodePort") or before.get((port["protocol"], port["port"]))
        field = f"spec.ports[{number}].nodePort"
        if not wanted:
            wanted = random.choice([each for each in NODE_PORTS if (port["protocol"], each) not in taken])
        elif wanted not in NODE_PORTS:
            detail = "provided port is not in the valid range. The range of valid ports is 30000-32767"
            causes.append(Cause.invalid(field, str(wanted), detail))
        elif (port["protocol"], wanted) in taken:
            causes.append(Cause.invalid(field, str(wanted), "provided port is already allocated"))
        port["nodePort"] = wanted
        taken.add((port["protocol"], wanted))
    return causes
