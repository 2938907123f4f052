"""What nftables is told of one Service on one node.

The shape is that of kube-proxy's nftables mode: a map from address, protocol and port to a chain, a map of node ports,
and for each of them one of what has no endpoints. A chain for all endpoints, one for those of this node, one for what
comes from outside. Only with session affinity has each endpoint a chain: 300 Pods behind 50 Services are 50 rules.
Sources: KEP-3866 and https://kubernetes.io/docs/reference/networking/virtual-ips/
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from pocketkube.proxy.endpoints import Endpoint, Endpoints, endpoints_of
from pocketkube.store import Object

TABLE = "pocketkube"
SERVICE_CIDR = "10.96.0.0/16"
MASQUERADE = "0x4000"
POD_CIDR = "10.244.0.0/16"
MARK = f"meta mark set meta mark or {MASQUERADE}"
AFFINITY_SECONDS = 10800

BASE = f"""
add table ip {TABLE}
delete table ip {TABLE}
table ip {TABLE} {{
  map service-ips {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
  map service-nodeports {{ type inet_proto . inet_service : verdict; }}
  map no-endpoint-services {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
  map no-endpoint-nodeports {{ type inet_proto . inet_service : verdict; }}
  map firewall-ips {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
  set node-ips {{ type ipv4_addr; }}
  set cluster-ips {{ type ipv4_addr; }}
  set to-itself {{ type ipv4_addr . ipv4_addr; }}
  chain reject-it {{ meta l4proto tcp reject with tcp reset; reject; }}
  chain services {{
    ip saddr != {POD_CIDR} ip daddr @cluster-ips {MARK}
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @node-ips meta l4proto . th dport vmap @service-nodeports
  }}
  chain without-endpoints {{
    ip daddr . meta l4proto . th dport vmap @no-endpoint-services
    ip daddr @node-ips meta l4proto . th dport vmap @no-endpoint-nodeports
    ip daddr @cluster-ips goto reject-it
    ip daddr {SERVICE_CIDR} drop
  }}
  chain firewall {{ ip daddr . meta l4proto . th dport vmap @firewall-ips; }}
  chain nat-prerouting {{ type nat hook prerouting priority dstnat; jump services; }}
  chain nat-output {{ type nat hook output priority -100; jump services; }}
  chain nat-postrouting {{
    type nat hook postrouting priority srcnat;
    # From the node to itself: the address to masquerade by would be one that answers to UDP do not come from.
    oif lo return
    meta mark and {MASQUERADE} != 0 masquerade
    ip saddr . ip daddr @to-itself masquerade
    ip saddr {POD_CIDR} ip daddr != {POD_CIDR} masquerade
  }}
  chain filter-prerouting {{ type filter hook prerouting priority -110; ct state new jump firewall; }}
  chain filter-output-before {{ type filter hook output priority -110; ct state new jump firewall; }}
  chain filter-input {{ type filter hook input priority filter; ct state new jump without-endpoints; }}
  chain filter-forward {{ type filter hook forward priority filter; ct state new jump without-endpoints; }}
  chain filter-output {{ type filter hook output priority filter; ct state new jump without-endpoints; }}
}}
"""


@dataclass(slots=True)
class Rules:
    """`chains`: {name: rules}; `sets`: {name: definition}; `elements`: {(set or map, key): verdict, or "" in a set}."""

    chains: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)
    elements: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Port:
    """One port of a Service. `identity` names its chains; `affinity`: seconds, 0 for none."""

    identity: str
    protocol: str
    number: int
    affinity: int


def has_cluster_ip(service: Object) -> bool:
    spec = service["spec"]
    return spec.get("type") != "ExternalName" and spec.get("clusterIP") not in (None, "", "None")


def external_addresses(service: Object) -> list[str]:
    """Addresses outside the cluster's own that lead to the Service: its external IPs, and those of a load balancer."""
    external = [each for each in service["spec"].get("externalIPs") or () if ":" not in each]
    return [*external, *_balanced_addresses(service)]


def _balanced_addresses(service: Object) -> list[str]:
    """Those that a load balancer leaves in its packets; with ipMode Proxy it sends them to node ports."""
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    found = (each.get("ip", "") for each in ingress if each.get("ipMode", "VIP") == "VIP")
    return [each for each in found if each and ":" not in each]


def rules_of(service: Object, slices: Iterable[Object], node: str, own: Iterable[str], zone: str = "") -> Rules:
    """What `node`, whose own addresses are `own`, has to do for a Service; nothing for one without cluster IP."""
    rules = Rules()
    if not has_cluster_ip(service):
        return rules
    slices = list(slices)
    rules.elements["cluster-ips", service["spec"]["clusterIP"]] = ""
    for port in service["spec"].get("ports") or ():
        endpoints = endpoints_of(port, slices, node, zone)
        _add_port(rules, service, port, endpoints, ", ".join(own))
        _add_firewall(rules, service, _describe(service, port), own)
    return rules


def _add_port(rules: Rules, service: Object, port: Object, endpoints: Endpoints, own: str) -> None:
    spec = service["spec"]
    inside_local = spec.get("internalTrafficPolicy") == "Local"
    outside_local = spec.get("externalTrafficPolicy") == "Local"
    described = _describe(service, port)
    cluster, local, external = (f"{kind}-{described.identity}" for kind in ("cluster", "local", "external"))
    internal = endpoints.here if inside_local else endpoints.everywhere
    outside = endpoints.here if outside_local else endpoints.everywhere
    if endpoints.everywhere:
        rules.chains[cluster] = _balance(rules, described, endpoints.everywhere)
    if endpoints.here and (inside_local or outside_local):
        rules.chains[local] = _balance(rules, described, endpoints.here)
    key = f"{described.protocol} . {described.number}"
    _lead(
        rules,
        "services",
        f"{spec['clusterIP']} . {key}",
        f"goto {local if inside_local else cluster}" if internal else "",
        _without(internal, endpoints),
    )
    ways_in = [("services", f"{address} . {key}") for address in external_addresses(service)]
    if port.get("nodePort"):
        ways_in.append(("nodeports", f"{described.protocol} . {port['nodePort']}"))
    for kind, where in ways_in:
        # What comes from Pods and from the node itself finds every endpoint, whatever the policy says.
        _lead(rules, kind, where, f"goto {external}" if endpoints.everywhere else "", _without(outside, endpoints))
    if ways_in and endpoints.everywhere:
        rules.chains[external] = _from_outside(
            cluster, local, own, local_only=outside_local, found=bool(endpoints.here)
        )


def _add_firewall(rules: Rules, service: Object, port: _Port, own: Iterable[str]) -> None:
    """Who may not ask a load balancer's address. Node ports are open to everyone all the same."""
    sources = [each.strip() for each in service["spec"].get("loadBalancerSourceRanges") or ()]
    ranges = [IPv4Network(each, strict=False) for each in sources if ":" not in each]
    addresses = _balanced_addresses(service)
    if not ranges or not addresses:
        return
    allowed = [str(each) for each in ranges]
    node = IPv4Address(next(iter(own)))
    if any(node in each for each in ranges):  # which may ask from the address itself
        allowed += addresses
    chain = f"firewall-{port.identity}"
    rules.chains[chain] = (f"ip saddr != {{ {', '.join(_disjoint(allowed))} }} drop",)
    for address in addresses:
        rules.elements["firewall-ips", f"{address} . {port.protocol} . {port.number}"] = f"goto {chain}"


def _disjoint(networks: Iterable[str]) -> list[str]:
    """nftables takes no ranges that overlap."""
    return [str(each) for each in collapse_addresses(map(IPv4Network, networks))]


def _lead(rules: Rules, kind: str, where: str, verdict: str, without: str) -> None:
    """`verdict`: where a connection goes; `without`: what becomes of one that goes nowhere."""
    if verdict:
        rules.elements["service-ips" if kind == "services" else "service-nodeports", where] = verdict
    if without:
        rules.elements[f"no-endpoint-{kind}", where] = without


def _without(usable: tuple[Endpoint, ...], endpoints: Endpoints) -> str:
    """Without any endpoint a connection is refused; where only a policy leaves none, it is dropped."""
    if usable:
        return ""
    return "drop" if endpoints.everywhere else "goto reject-it"


def _from_outside(cluster: str, local: str, own: str, *, local_only: bool, found: bool) -> tuple[str, ...]:
    if not local_only:
        return MARK, f"goto {cluster}"
    rules = [
        f"ip saddr {POD_CIDR} goto {cluster}",
        f"ip saddr {{ {own} }} {MARK}",
        f"ip saddr {{ {own} }} goto {cluster}",
    ]
    return (*rules, f"goto {local}") if found else tuple(rules)


def _balance(rules: Rules, port: _Port, endpoints: tuple[Endpoint, ...]) -> tuple[str, ...]:
    """The rules of a chain that chooses one of the endpoints."""
    for each in endpoints:
        # An endpoint that reaches itself through the Service must see another source, or it answers past the Service.
        rules.elements["to-itself", f"{each.address} . {each.address}"] = ""
    random = f"numgen random mod {len(endpoints)}"
    if not port.affinity:
        places = ", ".join(f"{number} : {each.address} . {each.port}" for number, each in enumerate(endpoints))
        return (f"meta l4proto {port.protocol} dnat ip addr . port to {random} map {{ {places} }}",)
    chains = [_endpoint_chain(rules, port, each) for each in endpoints]
    remembered = [f"ip saddr @{_affinity(chain, port)} goto {chain}" for chain in chains]
    choices = ", ".join(f"{number} : goto {chain}" for number, chain in enumerate(chains))
    return (*remembered, f"{random} vmap {{ {choices} }}")


def _endpoint_chain(rules: Rules, port: _Port, endpoint: Endpoint) -> str:
    """The chain of an endpoint that remembers its clients."""
    name = f"ep-{port.identity}-{endpoint.address}-{endpoint.port}"
    affinity = _affinity(name, port)
    rules.sets[affinity] = f"type ipv4_addr; flags dynamic,timeout; timeout {port.affinity}s;"
    rules.chains[name] = (
        f"update @{affinity} {{ ip saddr }}",
        f"meta l4proto {port.protocol} dnat to {endpoint.address}:{endpoint.port}",
    )
    return name


def _affinity(chain: str, port: _Port) -> str:
    return f"affinity-{chain}-{port.affinity}"


def _describe(service: Object, port: Object) -> _Port:
    spec, metadata = service["spec"], service["metadata"]
    affinity = 0
    if spec.get("sessionAffinity") == "ClientIP":
        config = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
        affinity = config.get("timeoutSeconds") or AFFINITY_SECONDS
    protocol = port.get("protocol", "TCP")
    full = f"{metadata['namespace']}/{metadata['name']}/{protocol}/{port.get('name') or ''}/{port['port']}"
    identity = hashlib.sha256(f"{metadata.get('uid', '')}/{full}".encode()).hexdigest()[:12]
    return _Port(identity, protocol.lower(), port["port"], affinity)
