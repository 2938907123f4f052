"""Zones that are written out beside the Corefile, and hosts files."""

from __future__ import annotations

import dns.flags
import dns.rcode
import pytest

from tests.dns.conftest import CoreDns, records
from tests.dns.test_corefile import BELOW, KUBERNETES, OBJECTS, block

ZONE = """
$TTL 300
@           IN SOA  ns1 admin ( 7 7200 3600 1209600 60 )
            IN NS   ns1
            IN MX   10 mail
ns1         IN A    192.0.2.1
mail    60  IN A    192.0.2.2
www         IN A    192.0.2.3
www         IN A    192.0.2.4
alias       IN CNAME www
service     IN CNAME web.default.svc.cluster.local.
loop        IN CNAME loop
*.wild      IN A    192.0.2.5
a.b         IN TXT  "deep"
child       IN NS   ns.child
ns.child    IN A    192.0.2.6
_http._tcp  IN SRV  0 5 80 www
"""
SOA = "example.org. 300 SOA ns1.example.org. admin.example.org. 7 7200 3600 1209600 60"
NS = "example.org. 300 NS ns1.example.org."
WWW = {"www.example.org. 300 A 192.0.2.3", "www.example.org. 300 A 192.0.2.4"}
FILE = "file /etc/coredns/zone example.org"


@pytest.mark.parametrize(
    ("question", "rcode", "answer", "authority", "additional"),
    [
        ("www A", "NOERROR", WWW, {NS}, set()),
        ("WWW A", "NOERROR", WWW, {NS}, set()),
        ("www AAAA", "NOERROR", set(), {SOA}, set()),
        ("absent A", "NXDOMAIN", set(), {SOA}, set()),
        ("b A", "NOERROR", set(), {SOA}, set()),
        ("a.b TXT", "NOERROR", {'a.b.example.org. 300 TXT "deep"'}, {NS}, set()),
        ("alias A", "NOERROR", {"alias.example.org. 300 CNAME www.example.org.", *WWW}, {NS}, set()),
        ("alias CNAME", "NOERROR", {"alias.example.org. 300 CNAME www.example.org."}, {NS}, set()),
        (
            "service A",
            "NOERROR",
            {f"service.example.org. 300 CNAME web.{BELOW}.", f"web.{BELOW}. 30 A 10.96.0.77"},
            {NS},
            set(),
        ),
        ("any.thing.wild A", "NOERROR", {"any.thing.wild.example.org. 300 A 192.0.2.5"}, {NS}, set()),
        (
            "x.child A",
            "NOERROR",
            set(),
            {"child.example.org. 300 NS ns.child.example.org."},
            {"ns.child.example.org. 300 A 192.0.2.6"},
        ),
        (
            "_http._tcp SRV",
            "NOERROR",
            {"_http._tcp.example.org. 300 SRV 0 5 80 www.example.org."},
            {NS},
            WWW,
        ),
        ("@ SOA", "NOERROR", {SOA}, {NS}, set()),
        ("@ NS", "NOERROR", {NS}, set(), {"ns1.example.org. 300 A 192.0.2.1"}),
        (
            "@ MX",
            "NOERROR",
            {"example.org. 300 MX 10 mail.example.org."},
            {NS},
            {"mail.example.org. 60 A 192.0.2.2"},
        ),
    ],
)
def test_a_zone(
    coredns: type[CoreDns], question: str, rcode: str, answer: set[str], authority: set[str], additional: set[str]
) -> None:
    name, kind = question.split()
    full = "example.org" if name == "@" else f"{name}.example.org"
    response = coredns(OBJECTS, block(KUBERNETES, FILE), zone=ZONE).ask(full, kind)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert {each.lower() for each in records(response)} == {each.lower() for each in answer}
    assert records(response, "authority") == authority
    assert records(response, "additional") == additional
    assert bool(response.flags & dns.flags.AA) == ("child" not in name)


def test_an_alias_of_itself_ends(coredns: type[CoreDns]) -> None:
    made = coredns(OBJECTS, block(FILE), zone=ZONE)
    assert records(made.ask("loop.example.org")) == {"loop.example.org. 300 CNAME loop.example.org."}


def test_a_zone_that_changes(coredns: type[CoreDns]) -> None:
    made = coredns(OBJECTS, block(FILE))
    assert dns.rcode.to_text(made.ask("www.example.org").rcode()) == "SERVFAIL", "there is no such file"
    made.configure(block(FILE), zone=ZONE)
    assert records(made.ask("www.example.org")) == WWW
    made.configure(block(FILE), zone="@ IN SOA nonsense")
    assert records(made.ask("www.example.org")) == WWW, "the one before stays in force"


def test_a_zone_falls_through(coredns: type[CoreDns]) -> None:
    made = coredns(OBJECTS, block(f"{FILE} {{\n fallthrough\n }}", "whoami"), zone=ZONE)
    assert not made.ask("www.example.org").additional
    assert made.ask("absent.example.org").additional


def test_a_hosts_file(coredns: type[CoreDns]) -> None:
    file = "# of the cluster\n192.0.2.7 node.example node # first\n\nnonsense\n"
    made = coredns([], block("hosts /etc/coredns/NodeHosts {\n ttl 60\n 192.0.2.8 inline\n }"), NodeHosts=file)
    assert records(made.ask("node")) == {"node. 60 A 192.0.2.7"}
    assert records(made.ask("inline")) == {"inline. 60 A 192.0.2.8"}
