"""External addresses of Services by name."""

from __future__ import annotations

import dns.rcode
import pytest

from tests.dns.conftest import CoreDns, namespace, records, service
from tests.dns.test_corefile import KUBERNETES, block

OBJECTS = [
    namespace("default"),
    service("web", externalIPs=["192.0.2.1"]),
    {**service("balanced"), "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.2"}, {"hostname": "lb.example"}]}}},
    service("inside"),
]
HOSTS = "hosts {\n 192.0.2.9 lb.example\n fallthrough\n }"


@pytest.mark.parametrize(
    ("question", "rcode", "answer"),
    [
        ("web.default A", "NOERROR", {"web.default.out.example. 5 A 192.0.2.1"}),
        ("web.default AAAA", "NOERROR", set()),
        ("web.default SRV", "NOERROR", {"web.default.out.example. 5 SRV 0 100 8080 web.default.out.example."}),
        ("_http._tcp.web.default A", "NOERROR", {"_http._tcp.web.default.out.example. 5 A 192.0.2.1"}),
        ("_dns._udp.web.default A", "NXDOMAIN", set()),
        (
            "balanced.default A",
            "NOERROR",
            {
                "balanced.default.out.example. 5 A 192.0.2.2",
                "balanced.default.out.example. 5 CNAME lb.example.",
                "lb.example. 3600 A 192.0.2.9",
            },
        ),
        ("inside.default A", "NXDOMAIN", set()),
        ("default A", "NOERROR", set()),
        ("web.elsewhere A", "NXDOMAIN", set()),
        ("a.b.c.web.default A", "NXDOMAIN", set()),
    ],
)
def test_services(coredns: type[CoreDns], question: str, rcode: str, answer: set[str]) -> None:
    name, kind = question.split()
    made = coredns(OBJECTS, block(KUBERNETES, HOSTS, "k8s_external out.example"))
    response = made.ask(f"{name}.out.example", kind)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert records(response) == answer
    if not answer:
        (soa,) = records(response, "authority")
        assert soa.startswith("out.example. 5 SOA ns1.dns.out.example. hostmaster.dns.out.example. ")


def test_options(coredns: type[CoreDns]) -> None:
    made = coredns(OBJECTS, block(KUBERNETES, "k8s_external out.example {\n apex ns\n ttl 60\n }"))
    assert records(made.ask("out.example", "NS")) == {"out.example. 60 NS ns1.ns.out.example."}
    assert records(made.ask("web.default.out.example")) == {"web.default.out.example. 60 A 192.0.2.1"}
