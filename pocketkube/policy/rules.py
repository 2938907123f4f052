"""What nftables is told of isolated Pods, on one node.

Only what is forwarded is filtered: what a node itself sends to its Pods, such as the kubelet's probes, always arrives.
By then a Service's address has become a Pod's, and what comes back has been let through before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pocketkube.policy.traffic import Isolation, Ports, Rule

TABLE = "pocketkube-policy"
LONGEST_COMMENT = 120
NO_RULES = f"add table ip {TABLE}\ndelete table ip {TABLE}\n"
BASE = f"""{NO_RULES}
table ip {TABLE} {{
  set itself {{ type ipv4_addr . ipv4_addr; }}
  map egress {{ type ipv4_addr : verdict; }}
  map ingress {{ type ipv4_addr : verdict; }}
  chain forward {{
    type filter hook forward priority filter + 10
    ct state established,related accept
    ip saddr . ip daddr @itself accept
    ip saddr vmap @egress
    ip daddr vmap @ingress
  }}
}}
"""


def ruleset(isolated: dict[str, list[Isolation]], node: str) -> str:
    """The whole table of one node, as one transaction. `isolated`: {"Ingress": groups, "Egress": groups}."""
    lines: list[str] = []
    itself: set[str] = set()
    for direction, groups in isolated.items():
        for number, group in enumerate(groups):
            local = [pod.address for pod in group.pods if pod.node == node]
            if local:
                itself |= {f"{address} . {address}" for address in local}
                lines += _group_rules(group, direction.lower(), f"{direction.lower()}-{number}", local)
    if not lines:
        return NO_RULES
    return "\n".join([BASE, f"add element ip {TABLE} itself {{ {', '.join(sorted(itself))} }}", *lines]) + "\n"


def _group_rules(group: Isolation, map_name: str, chain: str, local: list[str]) -> list[str]:
    lines = [f'add chain ip {TABLE} {chain} {{ comment "{group.name[:LONGEST_COMMENT]}"; }}']
    peer = "saddr" if map_name == "ingress" else "daddr"
    for rule in group.rules:
        for who in _peers(rule, peer):
            for what in _ports(rule.ports):
                lines.append(f"add rule ip {TABLE} {chain} {who} {what} return")
    lines.append(f"add rule ip {TABLE} {chain} drop")
    elements = ", ".join(f"{address} : jump {chain}" for address in local)
    lines.append(f"add element ip {TABLE} {map_name} {{ {elements} }}")
    return lines


def _peers(rule: Rule, field: str) -> Iterator[str]:
    if rule.peers is None:
        yield ""
        return
    if rule.peers:
        yield f"ip {field} {{ {', '.join(rule.peers)} }}"
    for block, exceptions in rule.blocks:
        but = f" ip {field} != {{ {', '.join(exceptions)} }}" if exceptions else ""
        yield f"ip {field} {block}{but}"


def _ports(ports: Iterable[Ports] | None) -> Iterator[str]:
    if ports is None:
        yield ""
        return
    for each in ports:
        whose = f"ip daddr {{ {', '.join(each.of)} }} " if each.of else ""
        yield f"{whose}{each.protocol.lower()} dport {each.first}-{each.last}"
