"""What is on the wire: EDNS, truncation, classes, and packets that are no queries."""

from __future__ import annotations

import asyncio
import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketkube.dns import DnsServer
from pocketkube.store import Store
from tests.dns.conftest import CoreDns, endpoint_slice, namespace, ready, service

NAME = "many.default.svc.cluster.local"
COREFILE = """
. {
    kubernetes cluster.local
}
plain.example {
    hosts {
        192.0.2.1 plain.example
    }
    forward . 192.0.2.9
}"""
# TSIG, RFC 8945: of the key "k", with a signature of no bytes.
SIGNED = b"\1k\0\0\xfa\0\xff\0\0\0\0\0\x1d\x0bhmac-sha256\0" + bytes(6) + b"\1\x2c\0\0" + bytes(6)
QUERY = dns.message.make_query(NAME, "A").to_wire()


@pytest.fixture(scope="module")
def server(coredns: type[CoreDns]) -> CoreDns:
    many = ready(*(f"10.244.1.{number}" for number in range(100, 140)))
    return coredns([namespace("default"), service("many", clusterIP="None"), endpoint_slice("many-a", many)], COREFILE)


def raw(server: CoreDns, packet: bytes, transport: str = "udp") -> bytes:
    return asyncio.run(server.server.answer(packet, transport))


@pytest.mark.parametrize(
    ("options", "transport", "addresses", "truncated"),
    [
        pytest.param({}, "udp", 29, True, id="512-without-edns"),
        pytest.param({"use_edns": 0, "payload": 100}, "udp", 28, True, id="512-at-least"),
        pytest.param({"use_edns": 0, "payload": 1232}, "udp", 40, False, id="1232"),
        pytest.param({"use_edns": 0, "payload": 600}, "udp", 33, True, id="600"),
        pytest.param({"use_edns": 0, "payload": 4096}, "udp", 40, False, id="4096"),
        pytest.param({}, "tcp", 40, False, id="tcp"),
    ],
)
def test_truncation(server: CoreDns, options: dict[str, int], transport: str, addresses: int, truncated: bool) -> None:
    """12 bytes of header, 36 of question, 16 for each address (its name is a pointer), 11 where there is EDNS."""
    response = server.ask(NAME, transport=transport, **options)
    assert len(response.answer[0]) == addresses
    assert bool(response.flags & dns.flags.TC) == truncated


def test_a_small_response_is_not_compressed(server: CoreDns) -> None:
    """As CoreDNS's: it compresses only what would not fit."""
    assert raw(server, dns.message.make_query("plain.example", "A").to_wire()).count(b"\5plain\7example") == 2


def test_edns_is_answered_with_the_askers_own(server: CoreDns) -> None:
    cookie = dns.edns.GenericOption(dns.edns.OptionType.COOKIE, b"01234567")
    unknown = dns.edns.GenericOption(65001, b"x")
    query = dns.message.make_query(NAME, "A", use_edns=0, payload=4000, options=[cookie, unknown], want_dnssec=True)
    response = dns.message.from_wire(raw(server, query.to_wire()))
    assert (response.edns, response.payload) == (0, 4000)
    assert response.ednsflags == dns.flags.DO
    assert [option.otype for option in response.options] == [dns.edns.OptionType.COOKIE]


def test_without_edns_there_is_none_in_the_response(server: CoreDns) -> None:
    assert server.ask(NAME).edns == -1


def test_an_unknown_version_of_edns(server: CoreDns) -> None:
    response = server.ask(NAME, use_edns=1)
    assert response.rcode() == dns.rcode.BADVERS
    assert response.edns == 0
    assert not response.answer


@pytest.mark.parametrize(
    ("name", "kind_class", "rcode"),
    [
        (NAME, "CH", "REFUSED"),
        (NAME, "ANY", "REFUSED"),
        (NAME, "HS", "REFUSED"),
    ],
)
def test_other_classes_are_refused(coredns: type[CoreDns], name: str, kind_class: str, rcode: str) -> None:
    made = coredns([namespace("default")], ". {\n kubernetes cluster.local\n}")
    response = made.ask(name, "A", rdclass=dns.rdataclass.from_text(kind_class))
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert response.question[0].rdclass == dns.rdataclass.from_text(kind_class)


def header(flags: int = 0x0100, questions: int = 1, answers: int = 0, authority: int = 0, additional: int = 0) -> bytes:
    return struct.pack("!6H", 7, flags, questions, answers, authority, additional)


@pytest.mark.parametrize(
    ("packet", "rcode"),
    [
        pytest.param(header() + QUERY[12:-3], "FORMERR", id="cut-question"),
        pytest.param(header(questions=0), "FORMERR", id="no-question"),
        pytest.param(header(questions=2) + QUERY[12:] * 2, "FORMERR", id="two-questions"),
        pytest.param(header(answers=2) + QUERY[12:], "FORMERR", id="answers"),
        pytest.param(header(additional=1) + QUERY[12:], "FORMERR", id="announced-and-missing"),
        pytest.param(header() + b"\xc0\x0c\0\1\0\1", "FORMERR", id="name-that-points-to-itself"),
        pytest.param(header() + b"\x40a\0\0\1\0\1", "FORMERR", id="unknown-label-type"),
        pytest.param(header(flags=0x2900) + QUERY[12:], "NOTIMP", id="update"),
        pytest.param(header(flags=0x1100) + QUERY[12:], "NOTIMP", id="status"),
        pytest.param(header() + QUERY[12:] + b"trailing", "NOERROR", id="trailing-bytes"),
        pytest.param(header(additional=1) + QUERY[12:] + SIGNED, "NOERROR", id="signed-by-whomever"),
    ],
)
def test_packets_that_are_no_queries(server: CoreDns, packet: bytes, rcode: str) -> None:
    response = dns.message.from_wire(raw(server, packet), ignore_trailing=True)
    assert response.id == 7
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert response.flags & dns.flags.QR


def test_a_notification_is_answered_like_a_query_but_without_its_flags(server: CoreDns) -> None:
    """RD and CD are a query's (miekg/dns, SetReply)."""
    response = dns.message.from_wire(raw(server, header(flags=0x2110) + QUERY[12:]))
    assert (response.opcode(), response.rcode()) == (dns.opcode.NOTIFY, dns.rcode.NOERROR)
    assert dns.flags.to_text(response.flags) == "QR AA TC"


@pytest.mark.parametrize(
    ("packet", "questions"),
    [
        pytest.param(header(additional=1) + QUERY[12:], 1, id="announced-and-missing"),
        pytest.param(header(additional=1) + QUERY[12:] + b"\xc0\x0c\0\1\0\1\0\0\0\x1e\0\3abc", 1, id="short-address"),
        pytest.param(header() + QUERY[12:-3], 0, id="cut-question"),
        pytest.param(header(questions=2) + QUERY[12:] * 2, 0, id="two-questions"),
        pytest.param(header(flags=0x2900) + QUERY[12:], 0, id="update"),
    ],
)
def test_a_refusal_repeats_the_question_that_could_be_read(server: CoreDns, packet: bytes, questions: int) -> None:
    """miekg/dns reads a message section by section, but nothing after a header that it does not accept."""
    response = dns.message.from_wire(raw(server, packet))
    assert [str(each.name) for each in response.question] == [f"{NAME}."] * questions


@pytest.mark.parametrize("packet", [b"", b"short", header()[:11], header(flags=0x8180) + QUERY[12:]])
def test_packets_that_get_no_response(server: CoreDns, packet: bytes) -> None:
    assert raw(server, packet) == b""


@given(st.binary(max_size=80))
def test_no_packet_brings_it_down(packet: bytes) -> None:
    for whole in (packet, QUERY[:12] + packet, QUERY[:-4] + packet):
        answer = asyncio.run(DnsServer(Store()).answer(whole, "udp"))
        assert answer == b"" or len(answer) >= 12


@given(st.lists(st.binary(min_size=1, max_size=12), max_size=6), st.integers(1, 300))
def test_every_name_and_type_gets_a_response_to_its_question(labels: list[bytes], kind: int) -> None:
    name = dns.name.Name([*labels, b"cluster", b"local", b""])
    query = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + name.to_wire() + struct.pack("!HH", kind, 1)
    answer = asyncio.run(DnsServer(Store()).answer(query, "udp"))
    response = dns.message.from_wire(answer)
    assert response.question[0].name == name
    assert response.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN, dns.rcode.REFUSED)
