"""What nftables is told of Services and EndpointSlices, on one node.

The shape is that of kube-proxy's nftables mode: a map from cluster IP and port to the Service port's chain, a map of
node ports, a set of those without endpoints. Sources: KEP-3866 and
https://kubernetes.io/docs/reference/networking/virtual-ips/
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pocketkube.store import Object

TABLE = "pocketkube"
MASQUERADE = "0x4000"
SERVICE_CIDR = "10.96.0.0/16"

BASE = f"""
add table ip {TABLE}
delete table ip {TABLE}
table ip {TABLE} {{
  map service-ips {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
  map service-nodeports {{ type inet_proto . inet_service : verdict; }}
  map no-endpoint-services {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
  map no-endpoint-nodeports {{ type inet_proto . inet_service : verdict; }}
  set node-ips {{ type ipv4_addr; }}
  set cluster-ips {{ type ipv4_addr; }}
  chain reject-it {{ meta l4proto tcp reject with tcp reset; reject; }}
  chain services {{
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @node-ips meta l4proto . th dport vmap @service-nodeports
  }}
  chain without-endpoints {{
    ip daddr . meta l4proto . th dport vmap @no-endpoint-services
    ip daddr @node-ips meta l4proto . th dport vmap @no-endpoint-nodeports
    ip daddr @cluster-ips goto reject-it
  }}
  chain nat-prerouting {{ type nat hook prerouting priority dstnat; jump services; }}
  chain nat-output {{ type nat hook output priority -100; jump services; }}
  chain nat-postrouting {{
    type nat hook postrouting priority srcnat;
    meta mark and {MASQUERADE} != 0 masquerade
  }}
  chain filter-input {{ type filter hook input priority filter; ct state new jump without-endpoints; }}
  chain filter-forward {{ type filter hook forward priority filter; ct state new jump without-endpoints; }}
  chain filter-output {{ type filter hook output priority filter; ct state new jump without-endpoints; }}
}}
"""


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One port of one Service as a node has to treat it. `endpoints` are (address, port); what is local is decided."""

    chain: str
    cluster_ip: str
    protocol: str
    port: int
    node_port: int
    endpoints: tuple[tuple[str, int], ...]
    node_port_endpoints: tuple[tuple[str, int], ...]
    drops: bool  # internalTrafficPolicy Local and no endpoint here: dropped, not refused
    node_port_drops: bool
    node_port_keeps_source: bool  # externalTrafficPolicy Local
    affinity_seconds: int = 0


def service_ports(service: Object, slices: Iterable[Object], node: str) -> list[ServicePort]:
    """What `node` has to do for a Service; [] for one without cluster IP."""
    spec = service["spec"]
    cluster_ip = spec.get("clusterIP")
    if spec.get("type") == "ExternalName" or cluster_ip in (None, "", "None"):
        return []
    slices = list(slices)
    ports = []
    metadata = service["metadata"]
    affinity = 0
    if spec.get("sessionAffinity") == "ClientIP":
        affinity = ((spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}).get("timeoutSeconds", 10800)
    for port in spec.get("ports") or ():
        everywhere = _endpoints(slices, port, None)
        local = _endpoints(slices, port, node)
        internal_local = spec.get("internalTrafficPolicy") == "Local"
        external_local = spec.get("externalTrafficPolicy") == "Local"
        ports.append(
            ServicePort(
                chain=f"{metadata['namespace']}/{metadata['name']}/{port.get('protocol', 'TCP')}/{port['port']}",
                cluster_ip=cluster_ip,
                protocol=port.get("protocol", "TCP").lower(),
                port=port["port"],
                node_port=port.get("nodePort", 0),
                endpoints=local if internal_local else everywhere,
                node_port_endpoints=local if external_local else everywhere,
                drops=internal_local and not local and bool(everywhere),
                node_port_drops=external_local and not local and bool(everywhere),
                node_port_keeps_source=external_local,
                affinity_seconds=affinity,
            )
        )
    return ports


def ruleset(ports: Iterable[ServicePort], node_address: str) -> str:
    """The whole table of one node, as one transaction."""
    lines = [BASE, f"add element ip {TABLE} node-ips {{ {node_address} }}"]
    ports = list(ports)
    addresses = sorted({port.cluster_ip for port in ports})
    if addresses:
        lines.append(f"add element ip {TABLE} cluster-ips {{ {', '.join(addresses)} }}")
    for number, port in enumerate(ports):
        lines += _port_rules(port, f"svc-{number}")
    return "\n".join(lines) + "\n"


def _port_rules(port: ServicePort, name: str) -> list[str]:
    where = f"{port.cluster_ip} . {port.protocol} . {port.port}"
    lines = [f'add chain ip {TABLE} {name} {{ comment "{port.chain}"; }}']
    if port.endpoints:
        lines += _balance(name, port.endpoints, port)
        lines.append(f"add element ip {TABLE} service-ips {{ {where} : goto {name} }}")
    else:
        verdict = "drop" if port.drops else "goto reject-it"
        lines.append(f"add element ip {TABLE} no-endpoint-services {{ {where} : {verdict} }}")
    if not port.node_port:
        return lines
    where = f"{port.protocol} . {port.node_port}"
    if port.node_port_endpoints:
        outside = f"{name}-np"
        lines.append(f"add chain ip {TABLE} {outside}")
        if not port.node_port_keeps_source:
            lines.append(f"add rule ip {TABLE} {outside} meta mark set meta mark or {MASQUERADE}")
        lines += _balance(outside, port.node_port_endpoints, port)
        lines.append(f"add element ip {TABLE} service-nodeports {{ {where} : goto {outside} }}")
    else:
        verdict = "drop" if port.node_port_drops else "goto reject-it"
        lines.append(f"add element ip {TABLE} no-endpoint-nodeports {{ {where} : {verdict} }}")
    return lines


def _balance(chain: str, endpoints: tuple[tuple[str, int], ...], port: ServicePort) -> list[str]:
    lines = []
    chains = [f"{chain}-{number}" for number in range(len(endpoints))]
    for each, (address, number) in zip(chains, endpoints, strict=True):
        lines.append(f"add chain ip {TABLE} {each}")
        # An endpoint that reaches itself through the Service must see another source, or it answers past the Service.
        lines.append(f"add rule ip {TABLE} {each} ip saddr {address} meta mark set meta mark or {MASQUERADE}")
        if port.affinity_seconds:
            timeout = f"{port.affinity_seconds}s"
            lines.append(f"add set ip {TABLE} {each} {{ type ipv4_addr; flags dynamic,timeout; timeout {timeout}; }}")
            lines.append(f"add rule ip {TABLE} {each} update @{each} {{ ip saddr }}")
            lines.append(f"add rule ip {TABLE} {chain} ip saddr @{each} goto {each}")
        lines.append(f"add rule ip {TABLE} {each} meta l4proto {port.protocol} dnat to {address}:{number}")
    choices = ", ".join(f"{number} : goto {each}" for number, each in enumerate(chains))
    lines.append(f"add rule ip {TABLE} {chain} numgen random mod {len(chains)} vmap {{ {choices} }}")
    return lines


def _endpoints(slices: list[Object], port: Object, node: str | None) -> tuple[tuple[str, int], ...]:
    """Ready endpoints of a Service port, on `node` if one is given; terminating ones that serve when none is."""
    ready: set[tuple[str, int]] = set()
    serving: set[tuple[str, int]] = set()
    for each in slices:
        if each.get("addressType") != "IPv4":
            continue
        for offered in each.get("ports") or ():
            if (offered.get("name") or "") != port.get("name", "") or not offered.get("port"):
                continue
            for endpoint in each.get("endpoints") or ():
                if node is not None and endpoint.get("nodeName") != node:
                    continue
                conditions = endpoint.get("conditions") or {}
                found = {(address, offered["port"]) for address in endpoint["addresses"][:1]}
                if conditions.get("ready") is not False:
                    ready |= found
                elif conditions.get("serving") and conditions.get("terminating"):
                    serving |= found
    return tuple(sorted(ready or serving))
