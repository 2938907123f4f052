"""What a Service may not have: what reaches out of the cluster, or could collide with another submission."""

from __future__ import annotations

import ipaddress
from typing import Any

from graders.policy.fields import items, mapping, mappings, refuse
from graders.submission import Document, printable

OUTWARD = ("externalIPs", "loadBalancerIP", "loadBalancerClass", "loadBalancerSourceRanges", "healthCheckNodePort")


def enforce(document: Document) -> None:
    spec = mapping(document.content, "spec")
    if spec.get("type") == "LoadBalancer":
        refuse(document, ("spec", "type"), "a LoadBalancer Service is not allowed. Use the type of the task.")
    for name in OUTWARD:
        if spec.get(name):
            refuse(document, ("spec", name), f"spec.{name} is not allowed. Take it out.")
    for number, port in mappings(spec.get("ports")):
        if port.get("nodePort"):
            what = "a pinned nodePort is not allowed. Leave nodePort out: it is allocated."
            refuse(document, ("spec", "ports", number, "nodePort"), what)
    pinned = [("clusterIP", spec.get("clusterIP")), *(("clusterIPs", each) for each in items(spec.get("clusterIPs")))]
    for name, address in pinned:
        if _is_address(address):
            what = f"the pinned {name} {printable(str(address))} is not allowed. Leave it out: it is allocated."
            refuse(document, ("spec", name), what)
    target = spec.get("externalName")
    if isinstance(target, str) and _leads_into_the_cluster(target):
        what = f"{printable(target)} is a name inside the cluster. Use the name that the task asks for."
        refuse(document, ("spec", "externalName"), what)


def _is_address(value: Any) -> bool:
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _leads_into_the_cluster(name: str) -> bool:
    return f".{name.lower().rstrip('.')}".endswith((".svc", ".cluster.local"))
