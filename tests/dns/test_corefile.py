"""What a Corefile makes of answers, plugin by plugin, and what is said of one that cannot be carried out."""

from __future__ import annotations

import asyncio
import contextlib
import re
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pocketkube.bootstrap import COREFILE as SHIPPED
from pocketkube.dns import DnsServer
from pocketkube.dns.configuration import configure
from pocketkube.dns.corefile import CorefileError
from pocketkube.store import Store
from tests.dns.conftest import CoreDns, endpoint_slice, namespace, pod, ready, records, service

DATA = Path(__file__).parent / "data"
BELOW = "default.svc.cluster.local"
OBJECTS: list[dict[str, Any]] = [
    namespace("default"),
    service("web", clusterIP="10.96.0.77"),
    service("headless", clusterIP="None"),
    endpoint_slice("headless-a", ready("10.244.1.2", "10.244.2.2")),
    service("clock", type="ExternalName", externalName="worldtimeapi.org"),
]
KUBERNETES = "kubernetes cluster.local in-addr.arpa {\n ttl 30\n fallthrough in-addr.arpa\n }"


def table(name: str) -> Any:
    return yaml.safe_load((DATA / f"{name}.yaml").read_text())


def block(*plugins: str, zone: str = ".") -> str:
    lines = "\n ".join(plugins)
    return f"{zone} {{\n {lines}\n}}\n"


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in table("plugins").items()])
def test_plugin(coredns: type[CoreDns], case: dict[str, Any]) -> None:
    name, kind = case["question"].split()
    response = coredns(OBJECTS, block(KUBERNETES, case["plugin"])).ask(name, kind)
    assert dns.rcode.to_text(response.rcode()) == case["rcode"]
    assert records(response) == set(case.get("answers", ()))
    assert [str(question.name).lower() for question in response.question] == [f"{name.lower()}."]


def test_template_authority(coredns: type[CoreDns]) -> None:
    authority = 'authority "invalid. 60 IN SOA a.invalid. b.invalid. (1 2 3 4 5)"'
    plugin = f"template ANY ANY invalid {{\n rcode NXDOMAIN\n {authority}\n }}"
    response = coredns([], block(plugin)).ask("x.invalid")
    assert records(response, "authority") == {"invalid. 60 SOA a.invalid. b.invalid. 1 2 3 4 5"}
    assert response.flags & dns.flags.AA


def test_minimal_leaves_out_what_was_not_asked_for(coredns: type[CoreDns]) -> None:
    made = coredns(OBJECTS, block(KUBERNETES, "minimal"))
    assert not made.ask(f"_http._tcp.web.{BELOW}", "SRV").additional
    assert made.ask(f"absent.{BELOW}").authority


def test_bufsize_bounds_what_is_sent(coredns: type[CoreDns]) -> None:
    many = endpoint_slice("headless-b", ready(*(f"10.244.1.{number}" for number in range(100, 140))))
    made = coredns([*OBJECTS, many], block(KUBERNETES, "bufsize 512"))
    response = made.ask(f"headless.{BELOW}", use_edns=0, payload=4096)
    assert response.flags & dns.flags.TC
    assert response.payload == 512


ZONES = (
    block("hosts {\n 192.0.2.1 a.example b.example\n }", zone="example:53")
    + block("hosts {\n 192.0.2.2 a.sub.example\n }", zone="sub.example")
    + block("hosts {\n 192.0.2.3 a.test\n }", zone="test, other")
    + block("hosts {\n 192.0.2.4 a.high\n }", zone="high:1053")
    + block(zone="empty.example")
)


@pytest.mark.parametrize(
    ("name", "port", "rcode", "answers"),
    [
        ("a.example", 53, "NOERROR", {"a.example. 3600 A 192.0.2.1"}),
        ("a.sub.example", 53, "NOERROR", {"a.sub.example. 3600 A 192.0.2.2"}),
        ("b.sub.example", 53, "SERVFAIL", set()),
        ("a.test", 53, "NOERROR", {"a.test. 3600 A 192.0.2.3"}),
        ("a.other", 53, "SERVFAIL", set()),
        ("a.elsewhere", 53, "REFUSED", set()),
        ("empty.example", 53, "REFUSED", set()),
        ("a.high", 53, "REFUSED", set()),
        ("a.high", 1053, "NOERROR", {"a.high. 3600 A 192.0.2.4"}),
    ],
)
def test_server_blocks(coredns: type[CoreDns], name: str, port: int, rcode: str, answers: set[str]) -> None:
    response = coredns([], ZONES).ask(name, port=port)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert records(response) == answers


def test_without_kubernetes_the_cluster_is_unknown(coredns: type[CoreDns]) -> None:
    assert (
        dns.rcode.to_text(coredns(OBJECTS, block("forward . /etc/resolv.conf")).ask(f"web.{BELOW}").rcode())
        == "SERVFAIL"
    )


def test_another_cluster_domain(coredns: type[CoreDns]) -> None:
    made = coredns(OBJECTS, block("kubernetes example.org 10.96.0.0/16"))
    assert records(made.ask("web.default.svc.example.org")) == {"web.default.svc.example.org. 5 A 10.96.0.77"}
    assert records(made.ask("77.0.96.10.in-addr.arpa", "PTR")) == {
        "77.0.96.10.in-addr.arpa. 5 PTR web.default.svc.example.org."
    }
    assert dns.rcode.to_text(made.ask(f"web.{BELOW}").rcode()) == "SERVFAIL"


@pytest.mark.parametrize("case", table("refused"), ids=lambda case: case["problem"])
def test_a_corefile_that_cannot_be_carried_out(coredns: type[CoreDns], case: dict[str, str]) -> None:
    made = coredns(OBJECTS, block(KUBERNETES))
    with pytest.raises(CorefileError) as refused:
        configure(case["corefile"], made.server._surroundings())
    assert str(refused.value) == case["problem"]
    made.configure(case["corefile"])
    assert records(made.ask(f"web.{BELOW}")) == {f"web.{BELOW}. 30 A 10.96.0.77"}, "the one before stays in force"


@pytest.mark.parametrize("text", [SHIPPED, *table("accepted")])
def test_a_corefile_that_is_accepted(coredns: type[CoreDns], text: str) -> None:
    configure(text, coredns([], SHIPPED).server._surroundings())


def test_a_change_takes_effect(coredns: type[CoreDns]) -> None:
    made = coredns(OBJECTS, block(KUBERNETES))
    made.configure(block("hosts {\n 192.0.2.1 a.example\n }"))
    assert records(made.ask("a.example")) == {"a.example. 3600 A 192.0.2.1"}
    assert dns.rcode.to_text(made.ask(f"web.{BELOW}").rcode()) == "SERVFAIL"


@given(st.text(alphabet='{}abc:53,"\\\n #.()import', max_size=80))
def test_any_corefile_is_read_or_refused(text: str) -> None:
    surroundings = DnsServer(Store())._surroundings()
    for whole in (text, f". {{\n kubernetes a {{\n{text}\n}}\n}}", f". {{\n rewrite name {text}\n}}"):
        with contextlib.suppress(CorefileError):  # any other exception fails the test
            configure(whole, surroundings)


def test_acl_drops(coredns: type[CoreDns]) -> None:
    made = coredns(OBJECTS, block(KUBERNETES, "acl {\n drop net 10.244.1.9\n }"))
    query = dns.message.make_query(f"web.{BELOW}", "A").to_wire()
    assert asyncio.run(made.server.answer(query, "udp", ("10.244.1.9", 40000))) == b""
    assert asyncio.run(made.server.answer(query, "udp", ("10.244.1.8", 40000)))


def test_whoami(coredns: type[CoreDns]) -> None:
    response = coredns([], block("whoami")).ask("who.example", transport="tcp")
    assert records(response) == set()
    assert records(response, "additional") == {
        "who.example. 0 A 10.244.1.9",
        "_tcp.who.example. 0 SRV 0 0 40000 .",
    }


def test_chaos(coredns: type[CoreDns]) -> None:
    made = coredns(OBJECTS, block(KUBERNETES, "chaos v7 alice"))

    def said(name: str) -> list[str]:
        query = dns.message.make_query(name, "TXT", "CH").to_wire()
        response = dns.message.from_wire(asyncio.run(made.server.answer(query, "udp")))
        return [data.to_text() for rrset in response.answer for data in rrset]

    assert said("version.bind") == said("version.server") == ['"v7"']
    assert said("authors.bind") == ['"alice"']
    assert said("id.server") == ['"localhost"']


@pytest.mark.parametrize(
    ("rule", "flags"),
    [
        ("response set ra", "QR AA RD RA"),
        ("response clear aa rd", "QR"),
        ("query clear rd", "QR AA"),
        ("response set ra\n response clear aa", "QR RD RA"),
    ],
)
def test_header(coredns: type[CoreDns], rule: str, flags: str) -> None:
    response = coredns(OBJECTS, block(KUBERNETES, f"header {{\n {rule}\n }}")).ask(f"web.{BELOW}")
    assert dns.flags.to_text(response.flags) == flags


AUTOPATH = "kubernetes cluster.local {\n pods verified\n }"


@pytest.mark.parametrize(
    ("name", "answers"),
    [
        (f"web.{BELOW}", {f"web.{BELOW}. 5 A 10.96.0.77"}),
        (
            f"web.default.{BELOW}",
            {f"web.default.{BELOW}. 5 CNAME web.{BELOW}.", f"web.{BELOW}. 5 A 10.96.0.77"},
        ),
        (f"a.example.{BELOW}", {f"a.example.{BELOW}. 3600 CNAME a.example.", "a.example. 3600 A 192.0.2.1"}),
        (f"absent.{BELOW}", set()),
    ],
)
def test_autopath(coredns: type[CoreDns], name: str, answers: set[str]) -> None:
    here = "hosts {\n 192.0.2.1 a.example\n fallthrough\n }"
    made = coredns([*OBJECTS, pod("asks", "10.244.1.9")], block(AUTOPATH, here, "autopath @kubernetes"))
    assert records(made.ask(name)) == answers


@pytest.mark.parametrize(
    ("plugin", "lines"),
    [
        ('log . "{remote} {type} {name} {rcode} {>opcode} {other}"', ["10.244.1.9 A web. NOERROR 0 {other}"] * 2),
        ('log cluster.local "{name}"', []),
        ('log example web "{name} {rcode}"', ["web. NOERROR", "web. NOERROR"]),
        ('log . "{name}" {\n class denial\n }', []),
        ('log . "{type}" {\n class success\n }\n log web "{name}"', ["A", "A"]),
        ('log . "{name} {combined}"', None),
    ],
)
def test_log(coredns: type[CoreDns], monkeypatch: pytest.MonkeyPatch, plugin: str, lines: list[str] | None) -> None:
    made = coredns([], block("errors"))
    written: list[str] = []
    monkeypatch.setattr(made.server, "_log", written.append)
    made.configure(block("hosts {\n 192.0.2.1 web\n }", plugin))
    assert written[-1] == "[INFO] Reloading complete"
    written.clear()
    made.ask("web")
    made.ask("WEB", transport="tcp")
    if lines is None:
        pattern = (
            r'\[INFO\] web\. 10\.244\.1\.9:40000 - \d+ "A IN web\. udp 21 false 512" NOERROR qr,aa,rd 40 0\.\d+s "0"'
        )
        assert re.fullmatch(pattern, written[0])
    else:
        assert written == [f"[INFO] {line}" for line in lines]


def test_preferred_addresses_come_first(coredns: type[CoreDns]) -> None:
    many = endpoint_slice("headless-b", ready(*(f"10.244.3.{number}" for number in range(8))))
    made = coredns([*OBJECTS, many], block(KUBERNETES, "loadbalance round_robin {\n prefer 10.244.2.0/24\n }"))
    assert {str(made.ask(f"headless.{BELOW}").answer[0][0]) for _ in range(8)} == {"10.244.2.2"}
