"""The kernel's memory of UDP "connections", which outlives the rules that made it: nf_conntrack, by netlink.

Without forgetting, a client that keeps its port keeps sending to an endpoint that is gone.
Sources: linux/netfilter/nfnetlink_conntrack.h, and kube-proxy's reconciliation of conntrack entries.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

from pocketkube import namespaces

NETLINK_NETFILTER = 12
SUBSYSTEM = 1 << 8  # NFNL_SUBSYS_CTNETLINK
GET, DELETE, GET_STATS = 1, 2, 5  # IPCTNL_MSG_CT_GET, IPCTNL_MSG_CT_DELETE, IPCTNL_MSG_CT_GET_STATS
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 0x1, 0x4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, CTA_ID = 1, 2, 12
CTA_TUPLE_IP, CTA_TUPLE_PROTO = 1, 2
CTA_IP_V4_SRC, CTA_IP_V4_DST = 1, 2
CTA_PROTO_NUM, CTA_PROTO_DST_PORT = 1, 3
CTA_STATS_GLOBAL_ENTRIES = 1
TYPE = 0x3FFF  # an attribute's type without its flags
NESTED = 0x8000
RECEIVE = 1 << 16


class Flow(NamedTuple):
    """UDP packets to `address` (any of the node's own when it is "") and `port`, which only `answering` may answer."""

    address: str
    port: int
    answering: tuple[str, ...]


class Conntrack:
    """One network namespace's, given as a descriptor."""

    def __init__(self, netns: int) -> None:
        with namespaces.inside_network_namespace(netns):
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_NETFILTER)
        self._socket.bind((0, 0))
        self._sequence = 0

    def forget(self, flows: list[Flow]) -> None:
        """Delete the entries of these flows that are answered by anyone else."""
        if self._is_empty():  # to dump nothing the kernel goes through all its table, 8 ms
            return
        known = {(flow.address, flow.port): flow.answering for flow in flows}
        for entry in list(self._udp_entries()):
            for address in (entry.to, ""):
                answering = known.get((address, entry.port))
                if answering is not None and entry.answered_by not in answering:
                    self._delete(entry)
                    break

    def _is_empty(self) -> bool:
        """Whether there is no entry, of whatever protocol."""
        self._send(GET_STATS, 0, b"")
        found = _attributes(self._socket.recv(RECEIVE)[20:])
        return found.get(CTA_STATS_GLOBAL_ENTRIES) == bytes(4)

    def _udp_entries(self) -> Iterator[_Entry]:
        self._send(GET, NLM_F_DUMP, b"")
        while True:
            data = self._socket.recv(RECEIVE)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    return
                entry = _Entry.read(data[20:length])
                if entry:
                    yield entry
                data = data[(length + 3) & ~3 :]

    def _delete(self, entry: _Entry) -> None:
        self._send(
            DELETE, NLM_F_ACK, _attribute(CTA_TUPLE_ORIG | NESTED, entry.original) + _attribute(CTA_ID, entry.id)
        )
        with contextlib.suppress(OSError):  # it has ended by itself
            self._socket.recv(RECEIVE)

    def _send(self, kind: int, flags: int, body: bytes) -> None:
        self._sequence += 1
        message = struct.pack("=BBH", socket.AF_INET, 0, 0) + body
        header = struct.pack("=IHHII", 16 + len(message), SUBSYSTEM | kind, NLM_F_REQUEST | flags, self._sequence, 0)
        self._socket.send(header + message)


class _Entry(NamedTuple):
    """`original` is the tuple as the kernel wrote it, by which it finds the entry again."""

    to: str
    port: int
    answered_by: str
    original: bytes
    id: bytes

    @classmethod
    def read(cls, data: bytes) -> _Entry | None:
        """None for what is no UDP over IPv4."""
        attributes = _attributes(data)
        original, reply = (_attributes(attributes.get(each, b"")) for each in (CTA_TUPLE_ORIG, CTA_TUPLE_REPLY))
        protocol = _attributes(original.get(CTA_TUPLE_PROTO, b""))
        to = _attributes(original.get(CTA_TUPLE_IP, b"")).get(CTA_IP_V4_DST)
        answering = _attributes(reply.get(CTA_TUPLE_IP, b"")).get(CTA_IP_V4_SRC)
        if protocol.get(CTA_PROTO_NUM, b"")[:1] != bytes([socket.IPPROTO_UDP]) or not to or not answering:
            return None
        (port,) = struct.unpack("!H", protocol[CTA_PROTO_DST_PORT][:2])
        return cls(
            socket.inet_ntoa(to[:4]),
            port,
            socket.inet_ntoa(answering[:4]),
            attributes[CTA_TUPLE_ORIG],
            attributes.get(CTA_ID, bytes(4)),
        )


def _attributes(data: bytes) -> dict[int, bytes]:
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            break
        found[kind & TYPE] = data[4:length]
        data = data[(length + 3) & ~3 :]
    return found


def _attribute(kind: int, value: bytes) -> bytes:
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + b"\0" * (-length % 4)
