"""Names outside the cluster: who is asked, and what becomes of it when nobody may be."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine
from ipaddress import ip_network
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from pocketkube.dns import DnsServer
from pocketkube.dns.message import Failed, Request, Response
from pocketkube.dns.upstream import Manner, Outside, Upstream, host_resolvers
from pocketkube.resources import CONFIGMAPS, NAMESPACES, SERVICES
from pocketkube.store import Store

COREFILE = """. {
    kubernetes cluster.local
    forward example /etc/resolv.conf {
        except private.example
    }
    forward elsewhere 192.0.2.1
}"""
EXTERNAL = {"type": "ExternalName", "externalName": "a.example"}


class Resolver:
    """A name server on this machine that knows every A record, and counts its questions."""

    def __init__(self, *, silent: bool = False) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.address: tuple[str, int] = self.socket.getsockname()
        self.asked: list[str] = []
        self.silent = silent

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            packet, client = await loop.sock_recvfrom(self.socket, 4096)
            query = dns.message.from_wire(packet)
            name = query.question[0].name
            self.asked.append(str(name))
            reply = dns.message.make_response(query, recursion_available=True)
            if str(name).startswith("absent"):
                reply.set_rcode(dns.rcode.NXDOMAIN)
            else:
                reply.answer.append(dns.rrset.from_text(name, 300, "IN", "A", "198.51.100.1"))
            if not self.silent:
                stranger = dns.message.make_response(dns.message.make_query("stranger.example", "A"))
                await loop.sock_sendto(self.socket, stranger.to_wire(), client)
                await loop.sock_sendto(self.socket, reply.to_wire(), client)


def with_server(test: Callable[[DnsServer], Coroutine[Any, Any, Any]], *resolvers: Resolver) -> Any:
    """Run `test` with a server that may ask these resolvers, or that may ask nobody when there are none."""

    async def run() -> Any:
        store = Store()
        store.put(NAMESPACES, {"metadata": {"name": "default"}})
        store.put(SERVICES, {"metadata": {"name": "outside", "namespace": "default"}, "spec": EXTERNAL})
        config = {"metadata": {"name": "coredns", "namespace": "kube-system"}, "data": {"Corefile": COREFILE}}
        store.put(CONFIGMAPS, config)
        addresses = [resolver.address for resolver in resolvers]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reach:
            server = DnsServer(store, Upstream(Outside(reach, addresses) if resolvers else None))
            running = [asyncio.create_task(each.run()) for each in (server, *resolvers)]
            await asyncio.sleep(0)
            try:
                return await test(server)
            finally:
                for task in running:
                    task.cancel()
                for resolver in resolvers:
                    resolver.socket.close()

    return asyncio.run(run())


async def ask(server: DnsServer, name: str) -> dns.message.Message:
    return dns.message.from_wire(await server.answer(dns.message.make_query(name, "A").to_wire(), "udp"))


@pytest.fixture(autouse=True)
def outside_is_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 is the CoreDNS Pod's own in a cluster; here it is this machine's."""
    monkeypatch.setattr("pocketkube.dns.upstream.INSIDE", [])


@pytest.mark.parametrize(
    ("name", "rcode", "flags", "answers", "asked"),
    [
        ("a.example", "NOERROR", "QR RD RA", {"198.51.100.1"}, ["a.example."]),
        ("absent.example", "NXDOMAIN", "QR RD RA", set(), ["absent.example."]),
        ("a.private.example", "SERVFAIL", "QR RD", set(), []),
        ("a.other", "SERVFAIL", "QR RD", set(), []),
        ("absent.default.svc.cluster.local", "NXDOMAIN", "QR AA RD", set(), []),
        ("outside.default.svc.cluster.local", "NOERROR", "QR AA RD", {"a.example.", "198.51.100.1"}, ["a.example."]),
    ],
)
def test_the_hosts_resolver_is_asked(name: str, rcode: str, flags: str, answers: set[str], asked: list[str]) -> None:
    resolver = Resolver()
    response = with_server(lambda server: ask(server, name), resolver)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert dns.flags.to_text(response.flags) == flags
    assert {record.to_text() for rrset in response.answer for record in rrset} == answers
    assert resolver.asked == asked


def test_nobody_is_asked_without_leave() -> None:
    response = with_server(lambda server: ask(server, "a.example"))
    assert dns.rcode.to_text(response.rcode()) == "SERVFAIL"
    alias = with_server(lambda server: ask(server, "outside.default.svc.cluster.local"))
    assert [rrset.to_text().split()[-1] for rrset in alias.answer] == ["a.example."]


def test_another_resolver_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pocketkube.dns.upstream.READ_SECONDS", 0.5)  # the other has as long, on a busy machine too
    silent, other = Resolver(silent=True), Resolver()
    response = with_server(lambda server: ask(server, "a.example"), silent, other)
    assert dns.rcode.to_text(response.rcode()) == "NOERROR"


@pytest.mark.parametrize(
    ("policy", "asked"),
    [("sequential", {0: 6}), ("round_robin", {0: 2, 1: 2, 2: 2})],
)
def test_the_order_in_which_resolvers_are_asked(
    monkeypatch: pytest.MonkeyPatch, policy: str, asked: dict[int, int]
) -> None:
    monkeypatch.setattr("tests.dns.test_upstream.COREFILE", COREFILE.replace("except", f"policy {policy}\nexcept"))
    resolvers = [Resolver(), Resolver(), Resolver()]

    async def often(server: DnsServer) -> None:
        for number in range(6):
            await ask(server, f"a{number}.example")

    with_server(often, *resolvers)
    assert {number: len(each.asked) for number, each in enumerate(resolvers) if each.asked} == asked


@pytest.mark.parametrize(("max_fails", "passed_over"), [(1, True), (0, False)])
def test_a_resolver_that_is_down_is_passed_over_until_it_answers(
    monkeypatch: pytest.MonkeyPatch, max_fails: int, passed_over: bool
) -> None:
    monkeypatch.setattr("pocketkube.dns.upstream.READ_SECONDS", 0.05)
    monkeypatch.setattr("pocketkube.dns.upstream_health.PROBE_SECONDS", 0.01)
    options = f"policy sequential\nmax_fails {max_fails}\nexcept"
    monkeypatch.setattr("tests.dns.test_upstream.COREFILE", COREFILE.replace("except", options))
    first, other = Resolver(silent=True), Resolver()

    async def is_asked(server: DnsServer) -> bool:
        """Whether the first one gets a question."""
        first.asked.clear()
        await ask(server, "a.example")
        return "a.example." in first.asked

    async def test(server: DnsServer) -> None:
        asked = [await is_asked(server) for _ in range(12)]  # each a twentieth of a second, as probes are
        assert (asked[0], asked[-1]) == (True, not passed_over)
        first.silent = False
        async with asyncio.timeout(5):
            while not await is_asked(server):
                pass

    with_server(test, first, other)


def test_none_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pocketkube.dns.upstream.READ_SECONDS", 0.05)
    response = with_server(lambda server: ask(server, "a.example"), Resolver(silent=True))
    assert dns.rcode.to_text(response.rcode()) == "SERVFAIL"


def test_many_questions_at_once() -> None:
    async def all_at_once(server: DnsServer) -> list[dns.message.Message]:
        return await asyncio.gather(*(ask(server, f"a{number}.example") for number in range(50)))

    responses = with_server(all_at_once, Resolver())
    assert [str(each.answer[0].name) for each in responses] == [f"a{number}.example." for number in range(50)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nameserver 192.0.2.1\nsearch a\nnameserver 192.0.2.2\n", [("192.0.2.1", 53), ("192.0.2.2", 53)]),
        ("# nameserver 192.0.2.1\nnameserver ::1\nnameserver nonsense\nnameserver\n", []),
    ],
)
def test_host_resolvers(text: str, found: list[tuple[str, int]]) -> None:
    assert host_resolvers(text) == found


@pytest.mark.parametrize(
    ("options", "asked"), [("", (1, 0)), ("failover NXDOMAIN", (1, 1)), ("failover SERVFAIL", (1, 0))]
)
def test_a_reply_as_bad_as_none(monkeypatch: pytest.MonkeyPatch, options: str, asked: tuple[int, int]) -> None:
    sequential = COREFILE.replace("except", f"policy sequential\n{options}\nexcept")
    monkeypatch.setattr("tests.dns.test_upstream.COREFILE", sequential)
    one, other = Resolver(), Resolver()
    response = with_server(lambda server: ask(server, "absent.example"), one, other)
    assert dns.rcode.to_text(response.rcode()) == "NXDOMAIN"
    assert (len(one.asked), len(other.asked)) == asked


@pytest.mark.parametrize(("more", "asked"), [("forward . /etc/resolv.conf", 2), ("", 1)])
def test_the_next_forward_is_asked(monkeypatch: pytest.MonkeyPatch, more: str, asked: int) -> None:
    corefile = f". {{\n forward . /etc/resolv.conf {{\n next NXDOMAIN\n }}\n {more}\n}}"
    monkeypatch.setattr("tests.dns.test_upstream.COREFILE", corefile)
    resolver = Resolver()
    response = with_server(lambda server: ask(server, "absent.example"), resolver)
    assert dns.rcode.to_text(response.rcode()) == "NXDOMAIN"
    assert len(resolver.asked) == asked


@pytest.mark.parametrize(
    ("manner", "said"),
    [
        (Manner(), r"read udp 127\.0\.0\.1:\d+->127\.0\.0\.1:PORT: read: connection refused"),
        (Manner(force_tcp=True), r"dial tcp 127\.0\.0\.1:PORT: connect: connection refused"),
    ],
)
def test_what_is_said_of_one_that_is_not_there(monkeypatch: pytest.MonkeyPatch, manner: Manner, said: str) -> None:
    monkeypatch.setattr("pocketkube.dns.upstream.INSIDE", [ip_network("127.0.0.0/8")])
    # Only root may enter a network namespace, be it its own.
    monkeypatch.setattr("pocketkube.namespaces.inside_network_namespace", lambda _: contextlib.nullcontext())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = taken.getsockname()
    upstream = Upstream()
    upstream.netns = 0
    query = dns.message.make_query("a.example", "A")
    asked = query.question[0]
    request = Request(query, asked.name, asked.rdtype, asked.rdclass, ("127.0.0.1", 1), "udp", _nobody)
    with pytest.raises(Failed, match=said.replace("PORT", str(address[1]))):
        asyncio.run(upstream.ask(request, [address], manner))


async def _nobody(_request: Request) -> Response:
    raise AssertionError
