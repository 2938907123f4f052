"""`cache`: what is answered again, for how long, and what never is."""

from __future__ import annotations

import asyncio
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest

from pocketkube.resources import SERVICES
from tests.dns.conftest import CoreDns, namespace, records, service

WEB = "web.default.svc.cluster.local"
FIRST, SECOND = "10.96.0.77", "10.96.0.88"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("pocketkube.dns.plugins.cache.monotonic", made)
    return made


def corefile(cache: str) -> str:
    return f". {{\n kubernetes cluster.local {{\n ttl 30\n }}\n {cache}\n}}"


def changed(made: CoreDns, address: str | None = SECOND) -> None:
    """The Service gets another address, or is gone."""
    if address:
        made.store.put(SERVICES, service("web", clusterIP=address))
    else:
        made.store.remove(SERVICES, "default", "web")
    made.server._cluster.changed()


@pytest.mark.parametrize(
    ("cache", "after", "answer"),
    [
        pytest.param("cache", 0, f"{WEB}. 30 A {FIRST}", id="at-once"),
        pytest.param("cache", 12.9, f"{WEB}. 18 A {FIRST}", id="ttl-counts-down"),
        pytest.param("cache", 29, f"{WEB}. 1 A {FIRST}", id="last-second"),
        pytest.param("cache", 30, f"{WEB}. 30 A {SECOND}", id="over"),
        pytest.param("cache 10", 9, f"{WEB}. 1 A {FIRST}", id="capped"),
        pytest.param("cache 10", 10, f"{WEB}. 10 A {SECOND}", id="capped-over"),
        pytest.param("cache {\n success 2000 7\n }", 7, f"{WEB}. 7 A {SECOND}", id="success-capped"),
        pytest.param("cache {\n success 2000 90 60\n }", 59, f"{WEB}. 1 A {FIRST}", id="success-at-least"),
        pytest.param("cache {\n denial 2000 7\n }", 29, f"{WEB}. 1 A {FIRST}", id="denial-is-another"),
        pytest.param("cache {\n keepttl\n }", 20, f"{WEB}. 30 A {FIRST}", id="keepttl"),
        pytest.param("cache {\n disable success\n }", 0, f"{WEB}. 30 A {SECOND}", id="disabled"),
        pytest.param("cache {\n disable success cluster.local\n }", 0, f"{WEB}. 30 A {SECOND}", id="zone-disabled"),
        pytest.param("cache {\n disable success example.org\n }", 0, f"{WEB}. 30 A {FIRST}", id="other-disabled"),
        pytest.param("cache {\n disable denial\n }", 0, f"{WEB}. 30 A {FIRST}", id="denial-disabled"),
        pytest.param("cache 10 example.org", 0, f"{WEB}. 30 A {SECOND}", id="other-zone"),
        pytest.param("cache {\n serve_stale\n }", 60, f"{WEB}. 0 A {FIRST}", id="stale"),
        pytest.param("cache {\n serve_stale 20s\n }", 60, f"{WEB}. 30 A {SECOND}", id="too-stale"),
        pytest.param("cache {\n serve_stale 1h verify\n }", 60, f"{WEB}. 30 A {SECOND}", id="stale-verified"),
    ],
)
def test_an_answer_is_kept(coredns: type[CoreDns], clock: Clock, cache: str, after: float, answer: str) -> None:
    made = coredns([namespace("default"), service("web", clusterIP=FIRST)], corefile(cache))
    made.ask(WEB)
    changed(made)
    clock.now += after
    assert records(made.ask(WEB)) == {answer}


@pytest.mark.parametrize(
    ("cache", "after", "rcode", "ttl"),
    [
        pytest.param("cache", 10, "NXDOMAIN", 20, id="kept"),
        pytest.param("cache {\n denial 2000 8\n }", 7, "NXDOMAIN", 1, id="capped"),
        pytest.param("cache {\n denial 2000 8\n }", 8, "NOERROR", 30, id="capped-over"),
        pytest.param("cache {\n disable denial cluster.local\n }", 0, "NOERROR", 30, id="disabled"),
        pytest.param("cache {\n disable success cluster.local\n }", 0, "NXDOMAIN", 30, id="success-disabled"),
    ],
)
def test_a_denial_is_kept(coredns: type[CoreDns], clock: Clock, cache: str, after: int, rcode: str, ttl: int) -> None:
    made = coredns([namespace("default")], corefile(cache))
    made.ask(WEB)
    changed(made, FIRST)
    clock.now += after
    response = made.ask(WEB)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert {rrset.ttl for rrset in (*response.answer, *response.authority)} == {ttl}


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"name": WEB.upper()}, True),
        ({"name": WEB, "transport": "tcp"}, True),
        ({"name": WEB, "use_edns": 0, "payload": 1232}, True),
        ({"name": WEB, "want_dnssec": True}, False),
        ({"name": WEB, "flags": dns.flags.RD | dns.flags.CD}, False),
        ({"name": f"_http._tcp.{WEB}"}, False),
    ],
)
@pytest.mark.usefixtures("clock")
def test_what_is_the_same_question(coredns: type[CoreDns], asked: dict[str, Any], kept: bool) -> None:
    made = coredns([namespace("default"), service("web", clusterIP=FIRST)], corefile("cache"))
    made.ask(WEB)
    changed(made)
    assert made.ask(**asked).answer[0][0].to_text() == (FIRST if kept else SECOND)


@pytest.mark.usefixtures("clock")
def test_that_no_plugin_has_an_answer_is_not_kept(coredns: type[CoreDns]) -> None:
    made = coredns([namespace("default")], ". {\n kubernetes cluster.local {\n fallthrough\n }\n cache\n}")
    assert made.ask(WEB).rcode() == dns.rcode.SERVFAIL
    changed(made, FIRST)
    assert made.ask(WEB).rcode() == dns.rcode.NOERROR


def test_what_is_gone_is_answered_while_stale(coredns: type[CoreDns], clock: Clock) -> None:
    made = coredns(
        [namespace("default"), service("web", clusterIP=FIRST)],
        ". {\n kubernetes cluster.local {\n ttl 30\n fallthrough\n }\n cache {\n serve_stale 1h verify\n }\n}",
    )
    made.ask(WEB)
    changed(made, None)
    clock.now += 3000
    assert records(made.ask(WEB)) == {f"{WEB}. 0 A {FIRST}"}


def test_what_is_stale_is_renewed_meanwhile(coredns: type[CoreDns], clock: Clock) -> None:
    made = coredns([namespace("default"), service("web", clusterIP=FIRST)], corefile("cache {\n serve_stale\n }"))
    query = dns.message.make_query(WEB, "A").to_wire()

    async def twice() -> list[str]:
        found = []
        for _ in range(2):
            response = dns.message.from_wire(await made.server.answer(query, "udp"))
            found.append(response.answer[0].to_text())
            await asyncio.sleep(0)  # one turn of the loop, in which it is renewed
        return found

    made.ask(WEB)
    changed(made)
    clock.now += 60
    assert asyncio.run(twice()) == [f"{WEB}. 0 IN A {FIRST}", f"{WEB}. 30 IN A {SECOND}"]


def test_only_so_many_are_kept(coredns: type[CoreDns], clock: Clock) -> None:
    """No fewer than 1,024, whatever the Corefile says."""
    made = coredns([namespace("default")], corefile("cache {\n denial 1\n }"))
    for number in range(1025):
        made.ask(f"absent-{number}.default.svc.cluster.local")
    clock.now += 10
    (first,), (last,) = (made.ask(f"absent-{number}.default.svc.cluster.local").authority for number in (0, 1024))
    assert (first.ttl, last.ttl) == (30, 20)


@pytest.mark.usefixtures("clock")
def test_a_new_corefile_begins_with_nothing(coredns: type[CoreDns]) -> None:
    made = coredns([namespace("default"), service("web", clusterIP=FIRST)], corefile("cache"))
    made.ask(WEB)
    changed(made)
    made.configure(corefile("cache 20"))
    assert records(made.ask(WEB)) == {f"{WEB}. 20 A {SECOND}"}
