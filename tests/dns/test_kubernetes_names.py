"""The Kubernetes DNS specification 1.1 by table, and what CoreDNS answers where that is silent."""

from __future__ import annotations

from typing import Any

import dns.flags
import dns.message
import dns.rcode
import pytest

from tests.dns.conftest import CoreDns, endpoint_slice, namespace, pod, ready, records, service

COREFILE = """.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    forward . /etc/resolv.conf
    loadbalance
}"""
BELOW = "default.svc.cluster.local"
TWO = {"10.244.1.2", "10.244.2.2"}

OBJECTS = [
    namespace("default"),
    namespace("other"),
    namespace("kube-system"),
    service("headless", clusterIP="None"),
    endpoint_slice("headless-a", [*ready("10.244.1.2"), {"addresses": ["10.244.2.2"], "conditions": {}}]),
    service("ordinary", clusterIP="10.96.0.77"),
    endpoint_slice("ordinary-a", ready("10.244.1.2", "10.244.2.2")),
    service("lonely", clusterIP="10.96.0.78"),
    service("unready", clusterIP="None"),
    endpoint_slice("unready-a", [{"addresses": ["10.244.1.3"], "conditions": {"ready": False, "serving": True}}]),
    service("stateful", clusterIP="None"),
    endpoint_slice("stateful-a", ready("10.244.1.4", hostname="web-0", targetRef={"kind": "Pod", "name": "web-0"})),
    service("many", clusterIP="None"),
    endpoint_slice("many-a", ready(*(f"10.244.1.{number}" for number in range(100, 140)))),
    service("unlabelled", clusterIP="None"),
    endpoint_slice("unlabelled-x", ready("10.244.1.2"), owner=""),
    service("portless", clusterIP="None", ports=None),
    endpoint_slice("portless-a", ready("10.244.1.6"), ports=[]),
    service("unnamed", clusterIP="10.96.0.79", ports=[{"port": 80}]),
    service(
        "multi",
        clusterIP="10.96.0.80",
        ports=[
            {"name": "http", "port": 80, "protocol": "TCP"},
            {"name": "dns", "port": 53, "protocol": "UDP"},
        ],
    ),
    service("two", clusterIP="None"),
    endpoint_slice("two-a", ready("10.244.1.7"), ports=[{"name": "http", "port": 80, "protocol": "TCP"}]),
    endpoint_slice("two-b", ready("10.244.1.8"), ports=[{"name": "http", "port": 81, "protocol": "TCP"}]),
    service("six", clusterIP="None"),
    endpoint_slice("six-a", ready("fd00::1"), kind="IPv6"),
    service("named", clusterIP="None"),
    endpoint_slice("named-a", [{"addresses": ["example.org"]}], kind="FQDN"),
    service("outside", type="ExternalName", externalName="nowhere.example"),
    service("inside", type="ExternalName", externalName=f"ordinary.{BELOW}"),
    service("headlessly", type="ExternalName", externalName=f"headless.{BELOW}"),
    service("dangling", type="ExternalName", externalName=f"absent.{BELOW}"),
    service("twice", type="ExternalName", externalName=f"inside.{BELOW}"),
    service("ring", type="ExternalName", externalName=f"gnir.{BELOW}"),
    service("gnir", type="ExternalName", externalName=f"ring.{BELOW}"),
    service("itself", type="ExternalName", externalName=f"itself.{BELOW}"),
    service("under", type="ExternalName", externalName=f"10-244-1-9.under.{BELOW}"),
    service("numeric", type="ExternalName", externalName="10.1.2.3"),
    service("same", "other", clusterIP="10.96.0.90"),
    service("kube-dns", "kube-system", clusterIP="10.96.0.10"),
    pod("p", "10.244.1.50"),
]


@pytest.fixture(scope="module")
def server(coredns: type[CoreDns]) -> CoreDns:
    return coredns(OBJECTS, COREFILE)


@pytest.mark.parametrize(
    ("name", "kind", "rcode", "answers"),
    [
        # A Service with a cluster IP, 2.3
        pytest.param(f"ordinary.{BELOW}", "A", "NOERROR", {"10.96.0.77"}, id="cluster-ip"),
        pytest.param(f"ordinary.{BELOW}", "AAAA", "NOERROR", set(), id="cluster-ip-no-such-type"),
        pytest.param(f"lonely.{BELOW}", "A", "NOERROR", {"10.96.0.78"}, id="cluster-ip-without-endpoints"),
        pytest.param(f"_http._tcp.ordinary.{BELOW}", "SRV", "NOERROR", {f"0 100 8080 ordinary.{BELOW}."}, id="srv"),
        pytest.param(f"_http._tcp.lonely.{BELOW}", "SRV", "NOERROR", {f"0 100 8080 lonely.{BELOW}."}, id="srv-lonely"),
        pytest.param(
            f"_HTTP._TCP.ordinary.{BELOW}", "SRV", "NOERROR", {f"0 100 8080 ordinary.{BELOW}."}, id="srv-case"
        ),
        pytest.param(f"http.tcp.ordinary.{BELOW}", "SRV", "NOERROR", {f"0 100 8080 ordinary.{BELOW}."}, id="srv-bare"),
        pytest.param(f"_http._udp.ordinary.{BELOW}", "SRV", "NXDOMAIN", set(), id="srv-other-protocol"),
        pytest.param(f"_web._tcp.ordinary.{BELOW}", "SRV", "NXDOMAIN", set(), id="srv-other-port"),
        pytest.param(f"_http._tcp.ordinary.{BELOW}", "A", "NOERROR", {"10.96.0.77"}, id="address-of-a-port"),
        pytest.param(
            f"multi.{BELOW}",
            "SRV",
            "NOERROR",
            {f"0 50 80 multi.{BELOW}.", f"0 50 53 multi.{BELOW}."},
            id="srv-of-all-ports",
        ),
        pytest.param(f"_dns._udp.multi.{BELOW}", "SRV", "NOERROR", {f"0 100 53 multi.{BELOW}."}, id="srv-udp"),
        pytest.param(f"unnamed.{BELOW}", "SRV", "NOERROR", {f"0 100 80 unnamed.{BELOW}."}, id="srv-unnamed"),
        pytest.param(f"10-244-1-2.ordinary.{BELOW}", "A", "NOERROR", {"10.244.1.2"}, id="endpoint-of-cluster-ip"),
        pytest.param(f"10-244-9-9.ordinary.{BELOW}", "A", "NXDOMAIN", set(), id="no-such-endpoint"),
        pytest.param("same.other.svc.cluster.local", "A", "NOERROR", {"10.96.0.90"}, id="other-namespace"),
        pytest.param(f"same.{BELOW}", "A", "NXDOMAIN", set(), id="not-in-this-namespace"),
        # Headless, 2.4
        pytest.param(f"headless.{BELOW}", "A", "NOERROR", TWO, id="headless"),
        pytest.param(f"HeadLess.{BELOW}", "A", "NOERROR", TWO, id="case"),
        pytest.param(f"headless.{BELOW}", "AAAA", "NOERROR", set(), id="headless-no-such-type"),
        pytest.param(f"unready.{BELOW}", "A", "NXDOMAIN", set(), id="none-ready"),
        pytest.param(f"unready.{BELOW}", "AAAA", "NXDOMAIN", set(), id="none-ready-aaaa"),
        pytest.param(f"_http._tcp.unready.{BELOW}", "SRV", "NXDOMAIN", set(), id="none-ready-srv"),
        pytest.param(f"unlabelled.{BELOW}", "A", "NXDOMAIN", set(), id="slice-without-label"),
        pytest.param(f"named.{BELOW}", "A", "NXDOMAIN", set(), id="slice-of-names"),
        pytest.param(f"portless.{BELOW}", "A", "NOERROR", {"10.244.1.6"}, id="without-ports"),
        pytest.param(f"portless.{BELOW}", "SRV", "NOERROR", set(), id="without-ports-srv"),
        pytest.param(f"six.{BELOW}", "AAAA", "NOERROR", {"fd00::1"}, id="ipv6"),
        pytest.param(f"six.{BELOW}", "A", "NOERROR", set(), id="ipv6-no-such-type"),
        pytest.param(f"fd00--1.six.{BELOW}", "AAAA", "NOERROR", {"fd00::1"}, id="ipv6-endpoint"),
        pytest.param(
            f"_http._tcp.headless.{BELOW}",
            "SRV",
            "NOERROR",
            {f"0 50 80 10-244-1-2.headless.{BELOW}.", f"0 50 80 10-244-2-2.headless.{BELOW}."},
            id="srv-has-the-endpoints-port",
        ),
        pytest.param(
            f"_http._tcp.two.{BELOW}",
            "SRV",
            "NOERROR",
            {f"0 50 80 10-244-1-7.two.{BELOW}.", f"0 50 81 10-244-1-8.two.{BELOW}."},
            id="srv-of-several-slices",
        ),
        pytest.param(
            f"web-0.stateful.{BELOW}", "SRV", "NOERROR", {f"0 100 80 web-0.stateful.{BELOW}."}, id="srv-of-an-endpoint"
        ),
        pytest.param(f"10-244-1-2.headless.{BELOW}", "A", "NOERROR", {"10.244.1.2"}, id="dashed-endpoint"),
        pytest.param(f"web-0.stateful.{BELOW}", "A", "NOERROR", {"10.244.1.4"}, id="hostname"),
        pytest.param(f"WEB-0.stateful.{BELOW}", "A", "NOERROR", {"10.244.1.4"}, id="hostname-case"),
        pytest.param(f"10-244-1-4.stateful.{BELOW}", "A", "NXDOMAIN", set(), id="hostname-replaces-dashed"),
        pytest.param(f"web-1.stateful.{BELOW}", "A", "NXDOMAIN", set(), id="no-such-hostname"),
        # Reverse, 2.3.3 and 2.4.3
        pytest.param("77.0.96.10.in-addr.arpa", "PTR", "NOERROR", {f"ordinary.{BELOW}."}, id="ptr-cluster-ip"),
        pytest.param("4.1.244.10.in-addr.arpa", "PTR", "NOERROR", {f"web-0.stateful.{BELOW}."}, id="ptr-hostname"),
        pytest.param(
            "2.1.244.10.in-addr.arpa",
            "PTR",
            "NOERROR",
            {f"10-244-1-2.headless.{BELOW}.", f"10-244-1-2.ordinary.{BELOW}."},
            id="ptr-of-every-service",
        ),
        pytest.param("3.1.244.10.in-addr.arpa", "PTR", "SERVFAIL", set(), id="ptr-unready"),
        pytest.param("9.9.9.9.in-addr.arpa", "PTR", "SERVFAIL", set(), id="ptr-elsewhere"),
        pytest.param("96.10.in-addr.arpa", "PTR", "SERVFAIL", set(), id="ptr-of-a-network"),
        pytest.param("77.0.96.10.in-addr.arpa", "A", "SERVFAIL", set(), id="address-of-a-reverse-name"),
        pytest.param(f"ordinary.{BELOW}", "PTR", "NOERROR", set(), id="ptr-of-a-forward-name"),
        pytest.param(f"absent.{BELOW}", "PTR", "NXDOMAIN", set(), id="ptr-of-no-name"),
        # ExternalName, 2.5
        pytest.param(f"outside.{BELOW}", "A", "NOERROR", {"nowhere.example."}, id="external"),
        pytest.param(f"outside.{BELOW}", "AAAA", "NOERROR", {"nowhere.example."}, id="external-aaaa"),
        pytest.param(f"outside.{BELOW}", "CNAME", "NOERROR", {"nowhere.example."}, id="external-cname"),
        pytest.param(f"outside.{BELOW}", "SRV", "NOERROR", set(), id="external-srv"),
        pytest.param(f"outside.{BELOW}", "TXT", "NOERROR", set(), id="external-txt"),
        pytest.param(f"outside.{BELOW}", "MX", "NOERROR", set(), id="external-mx"),
        pytest.param(f"x.outside.{BELOW}", "A", "NXDOMAIN", set(), id="below-external"),
        pytest.param(f"_http._tcp.outside.{BELOW}", "A", "NXDOMAIN", set(), id="external-has-no-ports"),
        pytest.param(f"_http._tcp.outside.{BELOW}", "SRV", "NXDOMAIN", set(), id="external-has-no-ports-srv"),
        pytest.param(f"under.{BELOW}", "A", "NOERROR", set(), id="external-below-itself"),
        pytest.param(f"inside.{BELOW}", "A", "NOERROR", {f"ordinary.{BELOW}.", "10.96.0.77"}, id="external-inside"),
        pytest.param(f"inside.{BELOW}", "CNAME", "NOERROR", {f"ordinary.{BELOW}."}, id="external-inside-cname"),
        pytest.param(f"inside.{BELOW}", "AAAA", "NOERROR", set(), id="external-inside-no-such-type"),
        pytest.param(f"headlessly.{BELOW}", "A", "NOERROR", {f"headless.{BELOW}.", *TWO}, id="external-headless"),
        pytest.param(
            f"twice.{BELOW}",
            "A",
            "NOERROR",
            {f"inside.{BELOW}.", f"ordinary.{BELOW}.", "10.96.0.77"},
            id="external-of-external",
        ),
        pytest.param(f"dangling.{BELOW}", "A", "NOERROR", set(), id="external-inside-absent"),
        pytest.param(f"dangling.{BELOW}", "CNAME", "NOERROR", {f"absent.{BELOW}."}, id="external-absent-cname"),
        pytest.param(f"ring.{BELOW}", "A", "NOERROR", set(), id="external-ring"),
        pytest.param(f"itself.{BELOW}", "A", "NOERROR", set(), id="external-itself"),
        pytest.param(f"numeric.{BELOW}", "A", "NXDOMAIN", set(), id="external-address"),
        # Pods, 2.2
        pytest.param("10-1-2-3.default.pod.cluster.local", "A", "NOERROR", {"10.1.2.3"}, id="pod"),
        pytest.param("10-1-2-3.default.pod.cluster.local", "AAAA", "NOERROR", set(), id="pod-no-such-type"),
        pytest.param("fd00--5.default.pod.cluster.local", "AAAA", "NOERROR", {"fd00::5"}, id="pod-ipv6"),
        pytest.param("10-1-2-3.absent.pod.cluster.local", "A", "NXDOMAIN", set(), id="pod-without-namespace"),
        pytest.param("10-1-2.default.pod.cluster.local", "A", "NXDOMAIN", set(), id="pod-no-address"),
        pytest.param("10-1-2-300.default.pod.cluster.local", "A", "NXDOMAIN", set(), id="pod-too-large"),
        pytest.param("p.default.pod.cluster.local", "A", "NXDOMAIN", set(), id="pod-by-name"),
        # Names that only lie between others, and names that do not exist
        pytest.param("cluster.local", "A", "NOERROR", set(), id="zone"),
        pytest.param("svc.cluster.local", "A", "NOERROR", set(), id="svc"),
        pytest.param("pod.cluster.local", "A", "NOERROR", set(), id="pod-subdomain"),
        pytest.param(BELOW, "A", "NOERROR", set(), id="namespace"),
        pytest.param("default.pod.cluster.local", "A", "NOERROR", set(), id="namespace-of-pods"),
        pytest.param("absent.svc.cluster.local", "A", "NXDOMAIN", set(), id="no-such-namespace"),
        pytest.param(f"absent.{BELOW}", "A", "NXDOMAIN", set(), id="no-such-service"),
        pytest.param("headless.default.cluster.local", "A", "NXDOMAIN", set(), id="without-svc"),
        pytest.param("headless.svc.cluster.local", "A", "NXDOMAIN", set(), id="without-namespace"),
        pytest.param("default.cluster.local", "A", "NXDOMAIN", set(), id="only-namespace"),
        pytest.param(f"a.b.c.headless.{BELOW}", "A", "NXDOMAIN", set(), id="too-long"),
        pytest.param(f"*.{BELOW}", "A", "NXDOMAIN", set(), id="no-wildcards"),
        pytest.param(
            "headless.default.svc.cluster.local.default.svc.cluster.local", "A", "NXDOMAIN", set(), id="search"
        ),
        pytest.param("headless", "A", "SERVFAIL", set(), id="one-label"),
        pytest.param("headless.default", "A", "SERVFAIL", set(), id="two-labels"),
        pytest.param("example.org", "A", "SERVFAIL", set(), id="no-upstream"),
        # Unusual types
        pytest.param("dns-version.cluster.local", "TXT", "NOERROR", {'"1.1.0"'}, id="version"),
        pytest.param("dns-version.cluster.local", "A", "NXDOMAIN", set(), id="version-no-such-type"),
        pytest.param(f"ordinary.{BELOW}", "TXT", "NOERROR", set(), id="txt"),
        pytest.param(f"absent.{BELOW}", "TXT", "NXDOMAIN", set(), id="txt-absent"),
        pytest.param("cluster.local", "TXT", "NXDOMAIN", set(), id="txt-zone"),
        pytest.param(BELOW, "TXT", "NXDOMAIN", set(), id="txt-namespace"),
        pytest.param("ns.dns.cluster.local", "TXT", "NXDOMAIN", set(), id="txt-name-server"),
        pytest.param(f"ordinary.{BELOW}", "MX", "NOERROR", set(), id="mx"),
        pytest.param(f"absent.{BELOW}", "MX", "NXDOMAIN", set(), id="mx-absent"),
        pytest.param(f"ordinary.{BELOW}", "CNAME", "NOERROR", set(), id="cname"),
        pytest.param(f"absent.{BELOW}", "CNAME", "NXDOMAIN", set(), id="cname-absent"),
        pytest.param(f"ordinary.{BELOW}", "ANY", "NOERROR", set(), id="any"),
        pytest.param(f"absent.{BELOW}", "ANY", "NXDOMAIN", set(), id="any-absent"),
        pytest.param(f"ordinary.{BELOW}", "HTTPS", "NOERROR", set(), id="https"),
        pytest.param(f"ordinary.{BELOW}", "NS", "NOERROR", set(), id="ns-below"),
        pytest.param(f"ordinary.{BELOW}", "DS", "NOERROR", set(), id="ds"),
        pytest.param("cluster.local", "AXFR", "REFUSED", set(), id="transfer"),
    ],
)
def test_answer(server: CoreDns, name: str, kind: str, rcode: str, answers: set[str]) -> None:
    response = server.ask(name, kind)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert {record.to_text() for rrset in response.answer for record in rrset} == answers
    assert all(rrset.ttl == 30 or kind == "TXT" for rrset in response.answer)
    if rcode == "NXDOMAIN" or (rcode == "NOERROR" and not answers):
        (soa,) = response.authority
        assert soa.to_text().startswith("cluster.local. 30 IN SOA ns.dns.cluster.local. hostmaster.cluster.local.")
        assert soa.to_text().endswith(" 7200 1800 86400 30")
    else:
        assert not response.authority


@pytest.mark.parametrize(
    ("name", "kind", "flags"),
    [
        (f"headless.{BELOW}", "A", "QR AA RD"),
        (f"absent.{BELOW}", "A", "QR AA RD"),
        ("example.org", "A", "QR RD"),
        ("cluster.local", "AXFR", "QR RD"),
    ],
)
def test_flags(server: CoreDns, name: str, kind: str, flags: str) -> None:
    assert dns.flags.to_text(server.ask(name, kind).flags) == flags


@pytest.mark.parametrize(
    ("name", "kind", "section", "wanted"),
    [
        pytest.param(
            f"_http._tcp.headless.{BELOW}",
            "SRV",
            "additional",
            {f"10-244-{n}-2.headless.{BELOW}. 30 A 10.244.{n}.2" for n in (1, 2)},
            id="addresses-of-srv-targets",
        ),
        pytest.param(
            f"_http._tcp.ordinary.{BELOW}",
            "SRV",
            "additional",
            {f"ordinary.{BELOW}. 30 A 10.96.0.77"},
            id="of-cluster-ip",
        ),
        pytest.param(
            "Headless.Default.SVC.cluster.local",
            "A",
            "answer",
            {f"Headless.Default.SVC.cluster.local. 30 A 10.244.{n}.2" for n in (1, 2)},
            id="case-is-kept",
        ),
        pytest.param(
            f"inside.{BELOW}",
            "A",
            "answer",
            {f"inside.{BELOW}. 30 CNAME ordinary.{BELOW}.", f"ordinary.{BELOW}. 30 A 10.96.0.77"},
            id="the-alias-and-what-it-leads-to",
        ),
        pytest.param(
            "dns-version.cluster.local", "TXT", "answer", {'dns-version.cluster.local. 28800 TXT "1.1.0"'}, id="v"
        ),
    ],
)
def test_records(server: CoreDns, name: str, kind: str, section: str, wanted: set[str]) -> None:
    assert records(server.ask(name, kind), section) == wanted


@pytest.mark.parametrize("zone", ["cluster.local", "in-addr.arpa", "CLUSTER.local"])
def test_start_of_authority(server: CoreDns, zone: str) -> None:
    (soa,) = records(server.ask(zone, "SOA"))
    assert soa.startswith(f"{zone}. 30 SOA ns.dns.{zone}. hostmaster.{zone}. ")


def test_the_soa_of_a_denial_has_the_case_of_the_question(server: CoreDns) -> None:
    (soa,) = records(server.ask("absent.default.svc.Cluster.LOCAL"), "authority")
    assert soa.startswith("Cluster.LOCAL. 30 SOA ns.dns.Cluster.LOCAL. ")


def test_soa_of_a_name_below_the_zone_is_in_the_authority_section(server: CoreDns) -> None:
    response = server.ask(f"ordinary.{BELOW}", "SOA")
    assert not response.answer
    assert len(response.authority) == 1


def test_name_servers(coredns: type[CoreDns]) -> None:
    made = coredns(
        [*OBJECTS, endpoint_slice("kube-dns", ready("10.244.0.2"), owner="kube-dns", in_namespace="kube-system")],
        COREFILE,
    )
    made.server._cluster.own_address = "10.244.0.2"
    response = made.ask("cluster.local", "NS")
    assert records(response) == {"cluster.local. 30 NS kube-dns.kube-system.svc.cluster.local."}
    assert records(response, "additional") == {"kube-dns.kube-system.svc.cluster.local. 30 A 10.96.0.10"}
    assert records(made.ask("ns.dns.cluster.local")) == {"ns.dns.cluster.local. 30 A 10.96.0.10"}


def test_order_is_shuffled(server: CoreDns) -> None:
    orders = {tuple(each.to_text() for each in server.ask(f"headless.{BELOW}").answer[0]) for _ in range(64)}
    assert len(orders) == 2


@pytest.mark.parametrize(
    ("options", "name", "kind", "rcode", "answers"),
    [
        ("pods verified", "10-244-1-50.default.pod.cluster.local", "A", "NOERROR", {"10.244.1.50"}),
        ("pods verified", "10-244-1-51.default.pod.cluster.local", "A", "NXDOMAIN", set()),
        ("pods verified", "10-244-1-50.other.pod.cluster.local", "A", "NXDOMAIN", set()),
        ("pods verified", "default.pod.cluster.local", "A", "NOERROR", set()),
        ("pods disabled", "10-244-1-50.default.pod.cluster.local", "A", "NXDOMAIN", set()),
        ("", "10-244-1-50.default.pod.cluster.local", "A", "NXDOMAIN", set()),
        ("", "default.pod.cluster.local", "A", "NXDOMAIN", set()),
        ("endpoint_pod_names", f"named-pod.headless.{BELOW}", "A", "NOERROR", {"10.244.1.9"}),
        ("endpoint_pod_names", f"10-244-1-9.headless.{BELOW}", "A", "NXDOMAIN", set()),
        ("endpoint_pod_names", f"10-244-1-2.headless.{BELOW}", "A", "NOERROR", {"10.244.1.2"}),
        ("endpoint_pod_names", f"web-0.stateful.{BELOW}", "A", "NOERROR", {"10.244.1.4"}),
        ("endpoint_pod_names", "9.1.244.10.in-addr.arpa", "PTR", "NOERROR", {f"named-pod.headless.{BELOW}."}),
        ("ignore empty_service", f"lonely.{BELOW}", "A", "NXDOMAIN", set()),
        ("ignore empty_service", f"ordinary.{BELOW}", "A", "NOERROR", {"10.96.0.77"}),
        ("ignore empty_service", f"outside.{BELOW}", "CNAME", "NOERROR", {"nowhere.example."}),
        ("namespaces other", f"ordinary.{BELOW}", "A", "NXDOMAIN", set()),
        ("namespaces other", "same.other.svc.cluster.local", "A", "NOERROR", {"10.96.0.90"}),
        ("namespaces other", "77.0.96.10.in-addr.arpa", "PTR", "NXDOMAIN", set()),
        ("noendpoints", f"headless.{BELOW}", "A", "NXDOMAIN", set()),
        ("fallthrough", f"absent.{BELOW}", "A", "SERVFAIL", set()),
        ("fallthrough in-addr.arpa", f"absent.{BELOW}", "A", "NXDOMAIN", set()),
        ("fallthrough in-addr.arpa", "9.9.9.9.in-addr.arpa", "PTR", "SERVFAIL", set()),
        ("", "9.9.9.9.in-addr.arpa", "PTR", "NXDOMAIN", set()),
    ],
)
def test_option(coredns: type[CoreDns], options: str, name: str, kind: str, rcode: str, answers: set[str]) -> None:
    named: dict[str, Any] = {"targetRef": {"kind": "Pod", "name": "named-pod"}}
    objects = [*OBJECTS, endpoint_slice("headless-b", ready("10.244.1.9", **named))]
    made = coredns(objects, f". {{\n kubernetes cluster.local in-addr.arpa {{\n {options}\n }}\n}}")
    response = made.ask(name, kind)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert {record.to_text() for rrset in response.answer for record in rrset} == answers


@pytest.mark.parametrize(
    ("name", "kind", "rcode", "answers", "authority"),
    [
        ("ordinary.default.svc.cluster.local", "A", "NOERROR", {"10.96.0.77"}, ""),
        ("ordinary.default.svc.second.example", "A", "NOERROR", {"10.96.0.77"}, ""),
        (
            "_http._tcp.ordinary.default.svc.second.example",
            "SRV",
            "NOERROR",
            {"0 100 8080 ordinary.default.svc.second.example."},
            "",
        ),
        ("absent.default.svc.second.example", "A", "NXDOMAIN", set(), "second.example."),
        ("dns-version.second.example", "TXT", "NOERROR", {'"1.1.0"'}, ""),
        ("77.0.96.10.in-addr.arpa", "PTR", "NOERROR", {f"ordinary.{BELOW}."}, ""),
        ("4.1.244.10.in-addr.arpa", "PTR", "NOERROR", {f"web-0.stateful.{BELOW}."}, ""),
        ("1.0.111.10.in-addr.arpa", "PTR", "NXDOMAIN", set(), "111.10.in-addr.arpa."),
        ("1.0.112.10.in-addr.arpa", "PTR", "SERVFAIL", set(), ""),
        ("1.0.18.172.in-addr.arpa", "PTR", "SERVFAIL", set(), ""),
    ],
)
def test_several_zones(
    coredns: type[CoreDns], name: str, kind: str, rcode: str, answers: set[str], authority: str
) -> None:
    """What an address is called is in the first zone that is no reverse one; a network stands for its reverse zones."""
    made = coredns(OBJECTS, ". {\n kubernetes 10.96.0.0/12 cluster.local second.example 10.244.0.0/16\n}")
    response = made.ask(name, kind)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert {record.to_text() for rrset in response.answer for record in rrset} == answers
    assert "".join(str(rrset.name) for rrset in response.authority) == authority


def labelled(obj: dict[str, Any], **labels: str) -> dict[str, Any]:
    return {**obj, "metadata": {**obj["metadata"], "labels": {**obj["metadata"].get("labels", {}), **labels}}}


LABELLED = [
    labelled(namespace("default"), team="a"),
    namespace("other"),
    labelled(service("web", clusterIP="None"), tier="front"),
    labelled(endpoint_slice("web-a", ready("10.244.1.2")), tier="front"),
    endpoint_slice("web-b", ready("10.244.1.3")),
    service("plain", clusterIP="10.96.0.77"),
    labelled(service("far", "other", clusterIP="10.96.0.78"), tier="front"),
    labelled(pod("p", "10.244.1.50"), tier="front"),
    pod("q", "10.244.1.51"),
]


@pytest.mark.parametrize(
    ("options", "name", "rcode", "answers"),
    [
        ("labels tier in (front, back)", f"web.{BELOW}", "NOERROR", {"10.244.1.2"}),
        ("labels tier=front", f"plain.{BELOW}", "NXDOMAIN", set()),
        ("labels tier=front", "far.other.svc.cluster.local", "NOERROR", {"10.96.0.78"}),
        ("labels tier=front\n pods verified", "10-244-1-50.default.pod.cluster.local", "NOERROR", {"10.244.1.50"}),
        ("labels tier=front\n pods verified", "10-244-1-51.default.pod.cluster.local", "NXDOMAIN", set()),
        ("namespace_labels team=a", f"plain.{BELOW}", "NOERROR", {"10.96.0.77"}),
        ("namespace_labels team=a", "far.other.svc.cluster.local", "NXDOMAIN", set()),
        ("namespace_labels team=a", "other.svc.cluster.local", "NXDOMAIN", set()),
    ],
)
def test_only_what_has_the_labels(
    coredns: type[CoreDns], options: str, name: str, rcode: str, answers: set[str]
) -> None:
    response = coredns(LABELLED, f". {{\n kubernetes cluster.local {{\n {options}\n }}\n}}").ask(name)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert {record.to_text() for rrset in response.answer for record in rrset} == answers


@pytest.mark.parametrize(
    ("phase", "metadata", "rcode"),
    [("Running", {}, "NOERROR"), ("Succeeded", {}, "NXDOMAIN"), ("Running", {"deletionTimestamp": "now"}, "NXDOMAIN")],
)
def test_verified_pods_are_those_that_run(
    coredns: type[CoreDns], phase: str, metadata: dict[str, str], rcode: str
) -> None:
    ended = pod("q", "10.244.1.60", **metadata)
    ended["status"]["phase"] = phase
    made = coredns([*OBJECTS, ended], ". {\n kubernetes cluster.local {\n pods verified\n }\n}")
    assert dns.rcode.to_text(made.ask("10-244-1-60.default.pod.cluster.local").rcode()) == rcode


@pytest.mark.parametrize(("ttl", "shown"), [("", 5), ("ttl 0", 0), ("ttl 3600", 3600)])
def test_time_to_live(coredns: type[CoreDns], ttl: str, shown: int) -> None:
    made = coredns(OBJECTS, f". {{\n kubernetes cluster.local {{\n {ttl}\n }}\n}}")
    assert records(made.ask(f"ordinary.{BELOW}")) == {f"ordinary.{BELOW}. {shown} A 10.96.0.77"}
    (soa,) = made.ask(f"absent.{BELOW}").authority
    assert soa.ttl == min(shown, 300)
