"""DNS over UDP and TCP, and the view of the store that it answers from."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from pocketkube.dns.answer import LARGEST_UDP, UDP_WITHOUT_EDNS, View, answer
from pocketkube.dns.corefile import CorefileError, parse
from pocketkube.dns.records import build
from pocketkube.resources import CONFIGMAPS, ENDPOINTSLICES, NAMESPACES, PODS, SERVICES
from pocketkube.store import Store

TCP_IDLE = 10.0  # seconds a client may keep a connection without a question (RFC 7766 6.2.3)
log = logging.getLogger(__name__)


class DnsServer:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._view = View()

    async def run(self) -> None:
        """Keep the view as the store says until cancelled."""
        with self._store.watch(SERVICES, ENDPOINTSLICES, NAMESPACES, CONFIGMAPS, PODS) as watch:
            async for events in watch:
                changed = {event.resource for event in events}
                if changed & {SERVICES, ENDPOINTSLICES}:
                    built = build(self._store.list(SERVICES), self._store.list(ENDPOINTSLICES))
                    self._view.zone, self._view.reverse = built
                if NAMESPACES in changed:
                    self._view.namespaces = {each["metadata"]["name"] for each in self._store.list(NAMESPACES)}
                if CONFIGMAPS in changed:
                    self._configure()
                if self._view.config.pods == "verified":
                    self._view.pod_addresses = {
                        (pod["metadata"]["namespace"], pod.get("status", {}).get("podIP", ""))
                        for pod in self._store.list(PODS)
                    }

    def answer(self, query: bytes, transport: str) -> bytes | None:
        """The response in wire format; None for what is no query at all. Over "udp" it is cut to what fits."""
        try:
            message = dns.message.from_wire(query)
        except dns.exception.DNSException:
            return _format_error(query)
        if message.flags & dns.flags.QR:
            return None
        response = answer(message, self._view)
        if transport == "tcp":
            return response.to_wire(max_size=65535)
        size = UDP_WITHOUT_EDNS if message.edns < 0 else min(max(message.payload, UDP_WITHOUT_EDNS), LARGEST_UDP)
        try:
            return response.to_wire(max_size=size)
        except dns.exception.TooBig:
            return _truncated(response, size)

    async def serve(self, udp: socket.socket, tcp: socket.socket) -> None:
        """Answer on two bound, non-blocking sockets until cancelled."""
        server = await asyncio.start_server(self._converse, sock=tcp.dup())
        async with server:
            await self._datagrams(udp)

    async def _datagrams(self, udp: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            query, client = await loop.sock_recvfrom(udp, 4096)
            response = self.answer(query, "udp")
            if response:
                with contextlib.suppress(OSError):  # the asking Pod is gone
                    await loop.sock_sendto(udp, response, client)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Messages with a length of two bytes before each: RFC 1035 4.2.2."""
        with contextlib.suppress(TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            while True:
                async with asyncio.timeout(TCP_IDLE):
                    length = int.from_bytes(await reader.readexactly(2), "big")
                    query = await reader.readexactly(length)
                response = self.answer(query, "tcp")
                if response is None:
                    break
                writer.write(len(response).to_bytes(2, "big") + response)
                await writer.drain()
        writer.close()

    def _configure(self) -> None:
        """A Corefile that cannot be read leaves the one before in force, as CoreDNS's reload does."""
        found = self._store.find(CONFIGMAPS, "kube-system", "coredns")
        if found is None:
            return
        try:
            self._view.config = parse((found.get("data") or {}).get("Corefile", ""))
        except CorefileError as error:
            log.error("kube-system/coredns: %s; the configuration before it stays in force", error)


def _format_error(query: bytes) -> bytes | None:
    """A header that says FORMERR, for what has at least a header and is a query."""
    if len(query) < 12 or query[2] & 0x80:
        return None
    return query[:2] + bytes([0x80 | query[2] & 0x79, dns.rcode.FORMERR]) + bytes(8)


def _truncated(response: dns.message.Message, size: int) -> bytes:
    """As many whole records as fit, and the TC flag (RFC 2181 9)."""
    response.flags |= dns.flags.TC
    response.additional = []
    records = list(response.answer)
    response.answer = []
    fitting = response.to_wire(max_size=size)
    for rrset in records:
        part = dns.rrset.RRset(rrset.name, rrset.rdclass, rrset.rdtype)
        part.ttl = rrset.ttl
        response.answer.append(part)
        for record in rrset:
            part.add(record)
            try:
                fitting = response.to_wire(max_size=size)
            except dns.exception.TooBig:
                return fitting
    return fitting
