"""Rows of Services, their endpoints, Ingresses and NetworkPolicies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pocketkube.api.tables.cells import NONE, UNSET, Column, Row, created, labels_text, selector_text
from pocketkube.resources import (
    ENDPOINTS,
    ENDPOINTSLICES,
    INGRESSCLASSES,
    INGRESSES,
    NETWORKPOLICIES,
    SERVICES,
    Resource,
)
from pocketkube.store import Object

SHOWN_HOSTS = SHOWN_ENDPOINTS = 3
COLUMNS: dict[Resource, list[Column]] = {
    SERVICES: [
        *((name, "string", 0) for name in ("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age")),
        ("Selector", "string", 1),
    ],
    ENDPOINTS: [(name, "string", 0) for name in ("Name", "Endpoints", "Age")],
    ENDPOINTSLICES: [(name, "string", 0) for name in ("Name", "AddressType", "Ports", "Endpoints", "Age")],
    INGRESSES: [(name, "string", 0) for name in ("Name", "Class", "Hosts", "Address", "Ports", "Age")],
    INGRESSCLASSES: [(name, "string", 0) for name in ("Name", "Controller", "Parameters", "Age")],
    NETWORKPOLICIES: [(name, "string", 0) for name in ("Name", "Pod-Selector", "Age")],
}


def _service(service: Object, now: datetime) -> list[Any]:
    spec = service["spec"]
    external = list(spec.get("externalIPs") or ())
    if spec["type"] == "ExternalName":
        external = [spec.get("externalName", "")]
    elif spec["type"] == "LoadBalancer":
        ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
        given = {each.get("ip") or each.get("hostname") or "" for each in ingress} - {""}
        external = [*sorted(given), *external] or ["<pending>"]
    ports = ",".join(_service_port(port) for port in spec.get("ports") or ())
    return [
        service["metadata"]["name"],
        spec["type"],
        spec.get("clusterIP") or NONE,
        ",".join(external) or NONE,
        ports or NONE,
        created(service, now),
        labels_text(spec.get("selector")),
    ]


def _service_port(port: Object) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node_port}/{port['protocol']}"


def _endpoints(endpoints: Object, now: datetime) -> list[Any]:
    subsets = endpoints.get("subsets") or []
    shown = [
        f"{address['ip']}:{port['port']}" if port else address["ip"]
        for subset in subsets
        for port in subset.get("ports") or [{}]
        for address in subset.get("addresses") or ()
    ]
    text = first(shown) if subsets else NONE
    return [endpoints["metadata"]["name"], text, created(endpoints, now)]


def _slice(each: Object, now: datetime) -> list[Any]:
    ports = [str(port.get("port") or port.get("name", "*")) for port in each.get("ports") or ()]
    addresses = [address for endpoint in each.get("endpoints") or () for address in endpoint["addresses"]]
    return [
        each["metadata"]["name"],
        each["addressType"],
        first(ports) or UNSET,
        first(addresses) or UNSET,
        created(each, now),
    ]


def _ingress_class(ingress_class: Object, now: datetime) -> list[Any]:
    spec = ingress_class["spec"]
    parameters = spec.get("parameters")
    shown = NONE
    if parameters:
        group = f".{parameters['apiGroup']}" if "apiGroup" in parameters else ""
        shown = f"{parameters['kind']}{group}/{parameters['name']}"
    return [ingress_class["metadata"]["name"], spec.get("controller", ""), shown, created(ingress_class, now)]


def _ingress(ingress: Object, now: datetime) -> list[Any]:
    spec = ingress["spec"]
    balancers = ingress.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
    addresses = {each.get("ip") or each.get("hostname") or "" for each in balancers} - {""}
    return [
        ingress["metadata"]["name"],
        spec.get("ingressClassName", NONE),
        _hosts(spec.get("rules") or []),
        ",".join(sorted(addresses)),
        "80, 443" if spec.get("tls") else "80",
        created(ingress, now),
    ]


def _hosts(rules: list[Object]) -> str:
    """The first that rules name; of a rule after them nothing is told but that there is one."""
    shown: list[str] = []
    for rule in rules:
        if len(shown) == SHOWN_HOSTS:
            return f"{','.join(shown)} + {len(rules) - SHOWN_HOSTS} more..."
        if rule.get("host"):
            shown.append(rule["host"])
    return ",".join(shown) or "*"


def _network_policy(policy: Object, now: datetime) -> list[Any]:
    return [policy["metadata"]["name"], selector_text(policy["spec"]["podSelector"]), created(policy, now)]


def first(texts: list[str]) -> str:
    more = len(texts) - SHOWN_ENDPOINTS
    return ",".join(texts[:SHOWN_ENDPOINTS]) + (f" + {more} more..." if more > 0 else "")


ROWS: dict[Resource, Row] = {
    SERVICES: _service,
    ENDPOINTS: _endpoints,
    ENDPOINTSLICES: _slice,
    INGRESSES: _ingress,
    INGRESSCLASSES: _ingress_class,
    NETWORKPOLICIES: _network_policy,
}
