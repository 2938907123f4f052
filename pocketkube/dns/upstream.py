"""Other DNS servers. Those in the cluster are asked from CoreDNS's own Pod; those outside only if that was allowed.

A socket belongs to the network namespace it was made in, so the one that reaches outside is made before the sandbox is.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from pocketkube import namespaces
from pocketkube.dns.message import Failed, Record, Request, Response
from pocketkube.dns.upstream_health import Address, Health

DNS_PORT = 53
READ_SECONDS = 2.0  # for one server, as CoreDNS's forward waits
INSIDE = [ip_network(each) for each in ("10.244.0.0/16", "10.96.0.0/16", "172.18.0.0/16", "127.0.0.0/8")]
LARGEST = 65535


class Outside:
    """The way out of the cluster. `resolvers` are the host's own; `reach` is a UDP socket of the host's network."""

    def __init__(self, reach: socket.socket, resolvers: list[Address]) -> None:
        reach.setblocking(False)
        self.resolvers = resolvers
        self._socket = reach
        self._waiting: dict[tuple[int, Address], tuple[bytes, asyncio.Future[bytes]]] = {}  # question, reply
        self._reading: asyncio.Task[None] | None = None

    async def ask(self, packet: bytes, server: Address) -> bytes:
        """Its reply; TimeoutError when none comes."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())
        loop = asyncio.get_running_loop()
        sent = packet
        while (key := (int.from_bytes(sent[:2], "big"), server)) in self._waiting:  # the same id, by chance
            sent = secrets.token_bytes(2) + packet[2:]
        self._waiting[key] = _question(packet), loop.create_future()
        try:
            await loop.sock_sendto(self._socket, sent, server)
            async with asyncio.timeout(READ_SECONDS):
                return packet[:2] + (await self._waiting[key][1])[2:]
        finally:
            del self._waiting[key]

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(OSError):  # an earlier packet could not be delivered
                packet, server = await loop.sock_recvfrom(self._socket, LARGEST)
                waiting = self._waiting.get((int.from_bytes(packet[:2], "big"), server[:2]))
                if waiting and not waiting[1].done() and _question(packet) in (b"", waiting[0]):
                    waiting[1].set_result(packet)


def _question(packet: bytes) -> bytes:
    """To compare; b"" where there is none, as when a server could not read it."""
    if packet[4:6] == b"\0\0":
        return b""
    end = 12
    while end < len(packet) and packet[end]:
        end += packet[end] + 1
    return packet[12 : end + 5].lower()


@dataclass(frozen=True, slots=True)
class Manner:
    """How other servers are asked: as `forward` says."""

    max_fails: int = 2
    force_tcp: bool = False
    prefer_udp: bool = False
    failover: frozenset[dns.rcode.Rcode] = frozenset()  # replies that are as bad as none while there is another server


class NoReply(OSError):
    """In the words of Go's package net."""


class Upstream:
    """`netns`: a descriptor of the Pod's network, set when CoreDNS starts there."""

    def __init__(self, outside: Outside | None = None) -> None:
        self.netns: int | None = None
        self.outside = outside
        self._health = Health(self._probe)

    async def ask(self, request: Request, servers: Iterable[Address], manner: Manner) -> Response:
        """The reply of the first of `servers` that gives one. Failed when none does.

        Those of which more than `max_fails` probes have failed are passed over while there are others; with 0 there are
        no probes.
        """
        max_fails = manner.max_fails
        reachable = [server for server in servers if _is_inside(server) or self.outside]
        if not reachable:
            raise Failed(dns.rcode.SERVFAIL, "no upstream: the cluster was started without --internet")
        reason: Exception | None = None
        refused: Response | None = None
        for server in [each for each in reachable if not self._health.is_down(each, max_fails)] or reachable:
            query = _query(request)
            try:
                reply = await self._reply(query, server, manner, request.transport)
            except (OSError, TimeoutError, dns.exception.DNSException, asyncio.IncompleteReadError) as error:
                reason = error
                if max_fails:
                    self._health.failed(server)
                continue
            if not query.is_response(reply):
                continue
            refused = _response(reply)
            if refused.rcode not in manner.failover:
                return refused
        if refused:
            return refused
        if isinstance(reason, NoReply):
            raise Failed(dns.rcode.SERVFAIL, str(reason))
        raise Failed(dns.rcode.SERVFAIL, f"{server[0]}:{server[1]}: {reason or 'the reply is to another question'}")

    async def _reply(
        self, query: dns.message.Message, server: Address, manner: Manner, transport: str
    ) -> dns.message.Message:
        if manner.force_tcp:
            transport = "tcp"
        elif manner.prefer_udp:
            transport = "udp"
        reply = dns.message.from_wire(await self._exchange(query, server, transport))
        if transport == "udp" and manner.prefer_udp and reply.flags & dns.flags.TC:
            reply = dns.message.from_wire(await self._exchange(query, server, "tcp"))
        return reply

    async def _probe(self, server: Address) -> bytes:
        return await self._exchange(dns.message.make_query(dns.name.root, dns.rdatatype.NS), server, "udp")

    async def _exchange(self, query: dns.message.Message, server: Address, transport: str) -> bytes:
        packet = query.to_wire()
        if not _is_inside(server):
            assert self.outside
            return await self.outside.ask(packet, server)
        if transport == "tcp":
            async with asyncio.timeout(READ_SECONDS):
                return await self._over_tcp(packet, server)
        loop = asyncio.get_running_loop()
        with self._socket(socket.SOCK_DGRAM) as udp:
            await loop.sock_connect(udp, server)
            from_here = "read udp {}:{}->{}:{}".format(*udp.getsockname(), *server)
            try:
                async with asyncio.timeout(READ_SECONDS):
                    await loop.sock_sendall(udp, packet)
                    return await loop.sock_recv(udp, LARGEST)
            except TimeoutError:
                raise NoReply(f"{from_here}: i/o timeout") from None
            except ConnectionRefusedError:
                raise NoReply(f"{from_here}: read: connection refused") from None

    async def _over_tcp(self, packet: bytes, server: Address) -> bytes:
        with self._socket(socket.SOCK_STREAM) as tcp:
            try:
                await asyncio.get_running_loop().sock_connect(tcp, server)
            except ConnectionRefusedError:
                raise NoReply(f"dial tcp {server[0]}:{server[1]}: connect: connection refused") from None
            reader, writer = await asyncio.open_connection(sock=tcp)
            writer.write(struct.pack("!H", len(packet)) + packet)
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            reply = await reader.readexactly(length)
            writer.close()
            return reply

    def _socket(self, kind: socket.SocketKind) -> socket.socket:
        if self.netns is None:
            raise OSError("CoreDNS does not run in a Pod")
        with namespaces.inside_network_namespace(self.netns):
            made = socket.socket(socket.AF_INET, kind)
        made.setblocking(False)
        return made


def host_resolvers(text: str | None = None) -> list[Address]:
    """The name servers of the host's /etc/resolv.conf; [] when it names none."""
    if text is None:
        try:
            text = Path("/etc/resolv.conf").read_text(errors="replace")
        except OSError:
            return []
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            with contextlib.suppress(ValueError):
                if ip_address(words[1]).version == 4:
                    found.append((words[1], DNS_PORT))
    return found


def _is_inside(server: Address) -> bool:
    return any(ip_address(server[0]) in network for network in INSIDE)


def _query(request: Request) -> dns.message.Message:
    """The same question with an identity of its own, which a stranger cannot guess."""
    asked = request.query
    query = dns.message.Message(id=secrets.randbits(16))
    query.flags = asked.flags
    query.find_rrset(query.question, request.name, request.kind_class, request.kind, create=True, force_unique=True)
    if asked.edns >= 0:
        query.use_edns(0, asked.ednsflags, asked.payload, options=list(asked.options))
    return query


def _response(reply: dns.message.Message) -> Response:
    answer, authority, additional = (
        [Record(rrset.name, rrset.ttl, data) for rrset in section for data in rrset]
        for section in (reply.answer, reply.authority, reply.additional)
    )
    return Response(
        reply.rcode(),
        answer,
        authority,
        additional,
        authoritative=bool(reply.flags & dns.flags.AA),
        recursion_available=bool(reply.flags & dns.flags.RA),
        truncated=bool(reply.flags & dns.flags.TC),
    )
