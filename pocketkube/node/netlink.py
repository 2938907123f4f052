"""Links, addresses and routes by rtnetlink(7).

Written by hand because of the start-up: pyroute2 takes 0.1-0.2 s to import and 5-7 ms a Pod, this takes 1 ms.
A socket belongs to the network namespace it was made in, so one process can work in all of them.
"""

from __future__ import annotations

import os
import socket
import struct
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from pocketkube import namespaces

NLM_F_REQUEST, NLM_F_ACK, NLM_F_EXCL, NLM_F_CREATE = 0x1, 0x4, 0x200, 0x400
NLMSG_ERROR = 2
RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE = 16, 20, 24
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MASTER, IFLA_LINKINFO, IFLA_NET_NS_FD = 1, 3, 10, 18, 28
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
IFA_ADDRESS, IFA_LOCAL = 1, 2
RTA_DST, RTA_OIF, RTA_GATEWAY = 1, 4, 5
RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_UNIVERSE, RT_SCOPE_LINK = 254, 4, 0, 253
RTN_UNICAST, RTN_UNREACHABLE = 1, 7
IFF_UP = 1


class Netlink:
    """Changes one network namespace. Every method raises OSError that says what was tried."""

    def __init__(self, netns: int) -> None:
        self._netns = netns
        with namespaces.inside_network_namespace(netns):
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()

    def add_bridge(self, name: str) -> None:
        self._link(NLM_F_CREATE | NLM_F_EXCL, f"add bridge {name}", [_text(IFLA_IFNAME, name), _kind("bridge")])

    def add_veth(self, name: str, peer: str, peer_netns: int) -> None:
        """A cable from `name` here to `peer` in another namespace, given as a descriptor."""
        other = _link_header() + _text(IFLA_IFNAME, peer) + _number(IFLA_NET_NS_FD, peer_netns)
        data = _attribute(IFLA_INFO_DATA, _attribute(VETH_INFO_PEER, other))
        info = _attribute(IFLA_LINKINFO, _text(IFLA_INFO_KIND, "veth") + data)
        self._link(NLM_F_CREATE | NLM_F_EXCL, f"add veth {name}", [_text(IFLA_IFNAME, name), info])

    def set_up(self, name: str, master: str = "") -> None:
        """Switch a link on, as a port of bridge `master` if one is named."""
        attributes = [_number(IFLA_MASTER, self.index(master))] if master else []
        self._link(0, f"set {name} up", attributes, self.index(name), IFF_UP)

    def add_address(self, name: str, interface: IPv4Interface) -> None:
        body = struct.pack("BBBBI", socket.AF_INET, interface.network.prefixlen, 0, 0, self.index(name))
        packed = interface.ip.packed
        body += _attribute(IFA_LOCAL, packed) + _attribute(IFA_ADDRESS, packed)
        self._request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body, f"add address {interface} to {name}")

    def add_route(self, to: IPv4Network, *, device: str = "", via: IPv4Address | None = None) -> None:
        """A route over `device` or `via` a gateway; with neither, what goes to `to` is unreachable."""
        kind = RTN_UNICAST if device or via else RTN_UNREACHABLE
        scope = RT_SCOPE_LINK if device and not via else RT_SCOPE_UNIVERSE
        body = struct.pack(
            "BBBBBBBBI", socket.AF_INET, to.prefixlen, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, scope, kind, 0
        )
        body += _attribute(RTA_DST, to.network_address.packed)
        if via:
            body += _attribute(RTA_GATEWAY, via.packed)
        if device:
            body += _number(RTA_OIF, self.index(device))
        self._request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body, f"add route to {to}")

    def index(self, name: str) -> int:
        with namespaces.inside_network_namespace(self._netns):
            return socket.if_nametoindex(name)

    def _link(self, flags: int, what: str, attributes: list[bytes], index: int = 0, up: int = 0) -> None:
        self._request(RTM_NEWLINK, flags, _link_header(index, up) + b"".join(attributes), what)

    def _request(self, kind: int, flags: int, body: bytes, what: str) -> None:
        self._sequence += 1
        header = struct.pack("IHHII", 16 + len(body), kind, NLM_F_REQUEST | NLM_F_ACK | flags, self._sequence, 0)
        self._socket.send(header + body)
        answer = self._socket.recv(65536)
        (_, answered, _, _, _, error) = struct.unpack_from("IHHIIi", answer)
        if answered == NLMSG_ERROR and error:
            raise OSError(-error, f"{what}: {os.strerror(-error)}")


def _link_header(index: int = 0, up: int = 0) -> bytes:
    return struct.pack("BxHiII", socket.AF_UNSPEC, 0, index, up, up)


def _attribute(kind: int, value: bytes) -> bytes:
    length = 4 + len(value)
    return struct.pack("HH", length, kind) + value + b"\0" * (-length % 4)


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack("I", value))


def _kind(name: str) -> bytes:
    return _attribute(IFLA_LINKINFO, _text(IFLA_INFO_KIND, name))
