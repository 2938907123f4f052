"""The cluster's network: nodes on one bridge, and each Pod on a cable of its own to its node.

Point-to-point cables instead of a bridge for the Pods: on a bridge with bridge-nf-call-iptables=0 a Pod could not reach
a Pod of its own node through a cluster IP.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import count
from pathlib import Path

from pocketkube import namespaces
from pocketkube.node.netlink import Netlink
from pocketkube.node.user_ids import has_group

BRIDGE = "pocketkube0"
NODE_NETWORK = IPv4Network("172.18.0.0/16")
NODE_NAMES = ("control-plane", "node01", "node02")
ANYWHERE = IPv4Network("0.0.0.0/0")
LOOPBACK = "lo"


@dataclass(slots=True)
class Node:
    """A node's network namespace (a descriptor), its address, and the range its Pods get addresses from."""

    name: str
    address: str
    pod_cidr: str
    netns: int
    netlink: Netlink
    taken: set[int] = field(default_factory=set)
    last: int = 1


@dataclass(frozen=True, slots=True)
class PodNetwork:
    """A Pod's address and network namespace (a descriptor)."""

    node: str
    address: str
    netns: int


class ClusterNetwork:
    """Make one inside the sandbox. Every method raises OSError that says what was tried."""

    def __init__(self) -> None:
        self._links = count()
        self._bridge = Netlink(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        # It leads nowhere, so what leaves the cluster is told at once that it cannot.
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        self._bridge.add_bridge(BRIDGE)
        self._bridge.add_address(BRIDGE, IPv4Interface("172.18.0.1/16"))
        self._bridge.set_up(BRIDGE)
        self.nodes = {name: self._add_node(number, name) for number, name in enumerate(NODE_NAMES)}
        for node in self.nodes.values():
            self._bridge.add_route(IPv4Network(node.pod_cidr), via=IPv4Address(node.address))
            for other in self.nodes.values():
                if node is not other:
                    node.netlink.add_route(IPv4Network(other.pod_cidr), via=IPv4Address(other.address))

    def add_pod(self, node_name: str, sysctls: Sequence[str] = ()) -> PodNetwork:
        """A network namespace with an address of the node's range, joined to the node. `sysctls`: `name=value`."""
        node = self.nodes[node_name]
        address = self._next_address(node)
        netns = _namespace(
            ["net.ipv4.ip_unprivileged_port_start=0", f"net.ipv4.ping_group_range=0 {_last_group()}", *sysctls]
        )
        link = f"veth{next(self._links)}"
        gateway = IPv4Network(node.pod_cidr)[1]
        node.netlink.add_veth(link, "eth0", netns)
        node.netlink.set_up(link)
        pod = Netlink(netns)
        try:
            pod.set_up(LOOPBACK)
            pod.set_up("eth0")
            pod.add_address("eth0", IPv4Interface(address))
            pod.add_route(IPv4Network(gateway), device="eth0")
            pod.add_route(ANYWHERE, device="eth0", via=gateway)
        finally:
            pod.close()
        node.netlink.add_route(IPv4Network(address), device=link)
        return PodNetwork(node_name, str(address), netns)

    def of_node(self, node_name: str) -> PodNetwork:
        """The node's own network, for a Pod with hostNetwork."""
        node = self.nodes[node_name]
        return PodNetwork(node_name, node.address, os.dup(node.netns))

    def remove_pod(self, pod: PodNetwork) -> None:
        """Let the namespace go; the kernel removes the cable with it (deleting a link by hand takes 33 ms)."""
        node = self.nodes[pod.node]
        if pod.address != node.address:
            node.taken.discard(int(IPv4Address(pod.address)) - int(IPv4Network(node.pod_cidr)[0]))
        os.close(pod.netns)

    def _add_node(self, number: int, name: str) -> Node:
        netns = _namespace(["net.ipv4.ip_forward=1"])
        address = NODE_NETWORK[number + 2]
        link = f"node{number}"
        self._bridge.add_veth(link, "eth0", netns)
        self._bridge.set_up(link, master=BRIDGE)
        pod_cidr = IPv4Network(f"10.244.{number}.0/24")
        netlink = Netlink(netns)
        netlink.set_up(LOOPBACK)
        netlink.set_up("eth0")
        netlink.add_address("eth0", IPv4Interface(f"{address}/{NODE_NETWORK.prefixlen}"))
        netlink.add_address(LOOPBACK, IPv4Interface(pod_cidr[1]))  # the gateway of the node's Pods
        netlink.add_route(ANYWHERE, via=NODE_NETWORK[1])
        netlink.add_route(pod_cidr)  # what no Pod has is unreachable, not sent in circles
        return Node(name, str(address), str(pod_cidr), netns, netlink)

    def _next_address(self, node: Node) -> IPv4Address:
        """Round robin, so that an address is not given anew at once."""
        network = IPv4Network(node.pod_cidr)
        last = network.num_addresses - 2
        for _ in range(last):
            node.last = node.last + 1 if node.last < last else 2
            if node.last not in node.taken:
                node.taken.add(node.last)
                return network[node.last]
        raise OSError(f"node {node.name}: no address is left in {node.pod_cidr}")


def _last_group() -> int:
    """The kernel takes only ids that there are in the sandbox."""
    most = 2**31 - 1
    return most if has_group(most) else 0


def _namespace(settings: list[str]) -> int:
    netns = namespaces.new_network_namespace()
    with namespaces.inside_network_namespace(netns):
        for setting in settings:
            name, value = setting.split("=")
            # /proc/thread-self: /proc/sys/net shows the namespace of the thread that opens it.
            Path("/proc/sys", name.replace(".", "/")).write_text(value)
    return netns
