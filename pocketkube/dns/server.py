"""DNS over UDP and TCP in CoreDNS's Pod, as the Corefile of kube-system/coredns says, and its reload."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import dns.message
import dns.rcode

from pocketkube import http_answers, namespaces
from pocketkube.dns import wire
from pocketkube.dns.cluster import ClusterIndex
from pocketkube.dns.configuration import Listener, configure
from pocketkube.dns.corefile import CorefileError, NotCarriedOut
from pocketkube.dns.loops import fatal
from pocketkube.dns.message import Dropped, Failed, Request, Response
from pocketkube.dns.observed import VERSION, Observed, Place
from pocketkube.dns.plugins.setup import Surroundings
from pocketkube.dns.upstream import Upstream
from pocketkube.resources import CONFIGMAPS, ENDPOINTSLICES, NAMESPACES, PODS, SERVICES
from pocketkube.store import Store

DIRECTORY = "/etc/coredns"  # where the ConfigMap is mounted
TCP_IDLE = 10.0  # seconds a client may keep a connection without a question (RFC 7766 6.2.3)
AT_ONCE = 1000  # questions that wait for an upstream server; further ones get no answer
MINIMAL = ". {\n    kubernetes cluster.local\n}\n"  # until there is a Corefile
log = logging.getLogger(__name__)

Address = tuple[str, int]


@dataclass(slots=True, eq=False)
class _Instance:
    """One Pod that CoreDNS runs in."""

    netns: int
    address: str
    write_log: Callable[[str], None]
    reloaded: asyncio.Event = field(default_factory=asyncio.Event)


class DnsServer:
    """All Pods of CoreDNS: they have one configuration."""

    def __init__(self, store: Store, upstream: Upstream | None = None) -> None:
        self._store = store
        self._cluster = ClusterIndex(store)
        self._upstream = upstream or Upstream()
        self._instances: list[_Instance] = []
        self._data: dict[str, str] = {}
        self._configuration = configure(MINIMAL, self._surroundings())
        self._refused: CorefileError | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._observed = Observed()

    async def run(self) -> None:
        """Keep up with the store until cancelled."""
        with self._store.watch(SERVICES, ENDPOINTSLICES, NAMESPACES, CONFIGMAPS, PODS) as watch:
            async for events in watch:
                self._cluster.changed()
                if any(event.resource is CONFIGMAPS for event in events):
                    self._configure()

    async def serve(self, netns: int, listening: Callable[[], None], write_log: Callable[[str], None]) -> None:
        """Answer in the network namespace `netns` until cancelled, and then for as long as `lameduck` says.

        `write_log` takes lines of CoreDNS's own log. Cancelled again it ends at once. It returns when CoreDNS does not
        start: only one that runs already goes on with the Corefile before.
        """
        self._configure()
        if self._refused and not isinstance(self._refused, NotCarriedOut):
            write_log(str(self._refused))
            return
        # What starts anew has kept nothing: restarting CoreDNS is how its cache is emptied.
        self._configuration = configure(self._configuration.text, self._surroundings())
        instance = _Instance(netns, _address_in(netns), write_log)
        self._instances.append(instance)
        self._use_newest()
        self._tell_start(write_log)
        serving: dict[int | Place, asyncio.Task[None]] = {}
        try:
            while True:
                wanted: set[int | Place] = {*self._configuration.listeners, *self._configuration.places}
                if looping := fatal(self._configuration.forwarded, instance.address, self._cluster):
                    write_log(looping)
                    return
                for gone in serving.keys() - wanted:
                    serving.pop(gone).cancel()
                for new in wanted - serving.keys():
                    try:
                        serving[new] = self._start(netns, new)
                    except OSError as error:
                        write_log(f"[ERROR] listen on {new}: {error.strerror}")
                listening()
                instance.reloaded.clear()
                await instance.reloaded.wait()
        except asyncio.CancelledError:
            write_log("[INFO] SIGTERM: Shutting down servers then terminating")
            seconds = self._configuration.lameduck
            if seconds:
                write_log(f"[INFO] plugin/health: Going into lameduck mode for {seconds:g}s")
                # It is no endpoint any more, so it speaks for CoreDNS only when there is no other.
                self._instances.remove(instance)
                self._instances.insert(0, instance)
                self._use_newest()
                await asyncio.sleep(seconds)
            raise
        finally:
            for task in serving.values():
                task.cancel()
            self._instances.remove(instance)
            self._use_newest()

    def _start(self, netns: int, what: int | Place) -> asyncio.Task[None]:
        """Serve DNS on a port, or HTTP at a place."""
        if isinstance(what, Place):
            with namespaces.inside_network_namespace(netns):
                listener = socket.create_server((what.host, what.port))
            answer = partial(self._observed.answer, what.path)
            return asyncio.create_task(http_answers.serve(listener, answer))
        udp, tcp = _sockets(netns, what)
        return asyncio.create_task(self._serve_port(what, udp, tcp))

    def _use_newest(self) -> None:
        """The Pod whose address CoreDNS says is its own, and from which it asks others."""
        if self._instances:
            self._cluster.own_address = self._instances[-1].address
            self._upstream.netns = self._instances[-1].netns

    async def answer(self, packet: bytes, transport: str, client: Address = ("0.0.0.0", 0), port: int = 53) -> bytes:
        """The response in wire format; b"" for what gets none. `transport` is "udp" or "tcp"."""
        query = wire.read(packet)
        if not isinstance(query, dns.message.Message):
            return query or b""
        try:
            listener = self._configuration.listeners.get(port, Listener())
            response = await self._respond(query, transport, client, listener)
        except Dropped:
            return b""
        self._observed.count(query, response, transport, port)
        return wire.write(query, response, transport)

    async def _respond(
        self, query: dns.message.Message, transport: str, client: Address, listener: Listener
    ) -> Response:
        if query.edns > 0:
            return Response(dns.rcode.BADVERS, authoritative=False)
        question = query.question[0]
        request = Request(query, question.name, question.rdtype, question.rdclass, client, transport, listener.respond)
        try:
            return await listener.respond(request)
        except Failed as error:
            return Response(error.rcode, authoritative=False)
        except Dropped:
            raise
        except Exception:
            log.exception("a question could not be answered: %s", question)
            return Response(dns.rcode.SERVFAIL, authoritative=False)

    async def _serve_port(self, port: int, udp: socket.socket, tcp: socket.socket) -> None:
        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._converse(reader, writer, port)

        with udp, tcp:
            server = await asyncio.start_server(converse, sock=tcp)
            async with server:
                await self._datagrams(udp, port)

    async def _datagrams(self, udp: socket.socket, port: int) -> None:
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(ConnectionError):  # an earlier asker has closed its socket
                packet, client = await loop.sock_recvfrom(udp, wire.LARGEST)
                if len(self._answering) < AT_ONCE:
                    task = asyncio.create_task(self._answer_datagram(udp, packet, client, port))
                    self._answering.add(task)
                    task.add_done_callback(self._answering.discard)

    async def _answer_datagram(self, udp: socket.socket, packet: bytes, client: Address, port: int) -> None:
        response = await self.answer(packet, "udp", client, port)
        if response:
            with contextlib.suppress(OSError):  # the asking Pod is gone
                await asyncio.get_running_loop().sock_sendto(udp, response, client)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        """Messages with a length of two bytes before each: RFC 1035 4.2.2."""
        client = writer.get_extra_info("peername")
        with contextlib.suppress(TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            while True:
                async with asyncio.timeout(TCP_IDLE):
                    length = int.from_bytes(await reader.readexactly(2), "big")
                    packet = await reader.readexactly(length)
                response = await self.answer(packet, "tcp", client, port)
                if not response:
                    break
                writer.write(len(response).to_bytes(2, "big") + response)
                await writer.drain()
        writer.close()

    def _configure(self) -> None:
        """A Corefile that cannot be carried out leaves the one before in force, as CoreDNS's reload does."""
        found = self._store.find(CONFIGMAPS, "kube-system", "coredns")
        data = (found.get("data") or {}) if found else {}
        text = data.get("Corefile")
        if text is None or data == self._data:
            return
        self._data, self._refused = data, None
        self._log("[INFO] Reloading")
        try:
            self._configuration = configure(text, self._surroundings())
        except CorefileError as error:
            self._refused = error
            self._log(f"[ERROR] Restart failed: {error}")
            self._log(f"[ERROR] plugin/reload: Corefile changed but reload failed: {error}")
            log.error("kube-system/coredns: %s; the configuration before it stays in force", error)
            return
        self._log(f"[INFO] plugin/reload: Running configuration SHA512 = {self._configuration.digest}")
        self._log("[INFO] Reloading complete")
        for instance in self._instances:
            instance.reloaded.set()

    def _surroundings(self) -> Surroundings:
        files = {f"{DIRECTORY}/{name}": text for name, text in self._data.items()}
        return Surroundings([], self._cluster, self._upstream, self._log, files=files)

    def _tell_start(self, write_log: Callable[[str], None]) -> None:
        for port, listener in self._configuration.listeners.items():
            for zone in listener.zones:
                write_log(f"{zone}:{port}")
        write_log(f"[INFO] plugin/reload: Running configuration SHA512 = {self._configuration.digest}")
        write_log(f"CoreDNS-{VERSION}")

    def _log(self, line: str) -> None:
        for instance in self._instances:
            instance.write_log(line)


def _sockets(netns: int, port: int) -> tuple[socket.socket, socket.socket]:
    with namespaces.inside_network_namespace(netns):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for each in (udp, tcp):
        each.setblocking(False)
        each.bind(("0.0.0.0", port))
    tcp.listen(128)
    return udp, tcp


def _address_in(netns: int) -> str:
    """The Pod's own address, which is the source of what it sends."""
    with namespaces.inside_network_namespace(netns), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("10.96.0.1", 1))
        address: str = probe.getsockname()[0]
        return address
