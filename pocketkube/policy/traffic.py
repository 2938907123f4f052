"""What NetworkPolicies say of Pods, as addresses and ports; no packet filter is known here.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, collapse_addresses
from typing import NamedTuple

from pocketkube.label_selector import selects
from pocketkube.store import Object

Labels = Mapping[str, str]


class Pod(NamedTuple):
    """What policies know of a Pod. `ports`: {(name, protocol): number}."""

    namespace: str
    name: str
    node: str
    address: str
    labels: Labels
    ports: Mapping[tuple[str, str], int]


class Ports(NamedTuple):
    """From `first` to `last` of one protocol. `of`: only those of these Pod addresses, unless it is None."""

    protocol: str
    first: int
    last: int
    of: tuple[str, ...] | None = None


class Rule(NamedTuple):
    """One thing that is allowed. `peers`: Pod addresses, None for everyone; `blocks`: (CIDR, exceptions)."""

    peers: tuple[str, ...] | None
    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    ports: tuple[Ports, ...] | None  # None for every port and protocol


class Isolation(NamedTuple):
    """Pods of one namespace that the same policies isolate in one direction, and what they are still allowed."""

    name: str
    pods: list[Pod]
    rules: list[Rule]


def as_pod(obj: Object, address: str = "") -> Pod | None:
    """None for a Pod without an address of its own, or of none any more: a node's is no Pod's.

    `address`: one that its status does not tell yet.
    """
    status, spec, metadata = obj.get("status", {}), obj["spec"], obj["metadata"]
    address = status.get("podIP") or address
    if not address or spec.get("hostNetwork") or status.get("phase") in ("Succeeded", "Failed"):
        return None
    sidecars = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
    ports = {
        (port["name"], port.get("protocol", "TCP")): port["containerPort"]
        for container in (*sidecars, *(spec.get("containers") or ()))
        for port in container.get("ports") or ()
        if port.get("name")
    }
    labels = metadata.get("labels") or {}
    return Pod(metadata["namespace"], metadata["name"], spec.get("nodeName", ""), address, labels, ports)


def isolations(
    direction: str, policies: Iterable[Object], pods: Iterable[Pod], namespaces: Mapping[str, Labels]
) -> Iterator[Isolation]:
    """Every group of isolated Pods. `direction` is Ingress or Egress; `namespaces`: {name: labels}."""
    within: dict[str, list[Pod]] = defaultdict(list)
    for pod in pods:
        within[pod.namespace].append(pod)
    by_namespace: dict[str, list[Object]] = defaultdict(list)
    for policy in policies:
        if direction in policy["spec"]["policyTypes"]:
            by_namespace[policy["metadata"]["namespace"]].append(policy)
    for namespace, present in by_namespace.items():
        groups: dict[tuple[int, ...], list[Pod]] = defaultdict(list)
        for pod in within[namespace]:
            chosen = (number for number, each in enumerate(present) if selects(each["spec"]["podSelector"], pod.labels))
            groups[tuple(chosen)].append(pod)
        groups.pop((), None)
        for numbers, isolated in groups.items():
            names = "+".join(present[number]["metadata"]["name"] for number in numbers)
            rules = [
                rule for number in numbers for rule in _rules(present[number], direction, isolated, within, namespaces)
            ]
            yield Isolation(f"{namespace}/{names}", isolated, rules)


def _rules(
    policy: Object,
    direction: str,
    isolated: list[Pod],
    within: Mapping[str, list[Pod]],
    namespaces: Mapping[str, Labels],
) -> Iterator[Rule]:
    for rule in policy["spec"].get(direction.lower()) or ():
        wanted = rule.get("from" if direction == "Ingress" else "to")
        if wanted:
            peers = list(_peers(wanted, policy["metadata"]["namespace"], within, namespaces))
        else:
            peers = [pod for pods in within.values() for pod in pods]
        listening = isolated if direction == "Ingress" else peers
        ports = rule.get("ports")
        allowed = tuple(each for port in ports for each in _ports(port, listening)) if ports else None
        if wanted:
            blocks = tuple(_block(each["ipBlock"]) for each in wanted if _is_ipv4(each))
            yield Rule(tuple(sorted({pod.address for pod in peers})), blocks, allowed)
        else:
            yield Rule(None, (), allowed)


def _peers(
    wanted: Iterable[Object], namespace: str, within: Mapping[str, list[Pod]], namespaces: Mapping[str, Labels]
) -> Iterator[Pod]:
    for peer in wanted:
        if "ipBlock" in peer:
            continue
        near = [namespace]
        if "namespaceSelector" in peer:
            near = [name for name, labels in namespaces.items() if selects(peer["namespaceSelector"], labels)]
        for name in near:
            for pod in within.get(name, ()):
                if selects(peer.get("podSelector") or {}, pod.labels):
                    yield pod


def _is_ipv4(peer: Object) -> bool:
    """No Pod has an IPv6 address, so nothing comes from such a block and nothing goes there."""
    return "ipBlock" in peer and ":" not in peer["ipBlock"]["cidr"]


def _block(block: Object) -> tuple[str, tuple[str, ...]]:
    exceptions = collapse_addresses(IPv4Network(each, strict=False) for each in block.get("except") or ())
    return str(IPv4Network(block["cidr"], strict=False)), tuple(str(each) for each in exceptions)


def _ports(port: Object, listening: list[Pod]) -> Iterator[Ports]:
    protocol, wanted = port["protocol"], port.get("port")
    if wanted is None:
        yield Ports(protocol, 0, 65535)
    elif isinstance(wanted, int):
        yield Ports(protocol, wanted, port.get("endPort", wanted))
    else:  # a name means what each Pod that listens means by it
        meant: dict[int, list[str]] = defaultdict(list)
        for pod in listening:
            if (wanted, protocol) in pod.ports:
                meant[pod.ports[wanted, protocol]].append(pod.address)
        for number, addresses in meant.items():
            yield Ports(protocol, number, number, tuple(addresses))
