"""DNS by table, asked with real packets from a Pod of a real cluster, and of the answering part alone."""

from __future__ import annotations

import asyncio
from typing import Any

import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketkube.dns import DnsServer
from pocketkube.dns.corefile import CorefileError, parse
from pocketkube.resources import CONFIGMAPS, ENDPOINTSLICES, NAMESPACES, SERVICES
from pocketkube.store import Store

COREFILE = """.:53 {
    kubernetes cluster.local in-addr.arpa {
        pods insecure
        ttl 30
    }
    hosts {
        192.0.2.7 worldtimeapi.org
        fallthrough
    }
}"""


def service(name: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "default"}, "spec": {"type": "ClusterIP", **spec}}


def endpoint_slice(name: str, owner: str, endpoints: list[dict[str, Any]]) -> dict[str, Any]:
    labels = {"kubernetes.io/service-name": owner} if owner else {}
    return {
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "addressType": "IPv4",
        "endpoints": endpoints,
        "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
    }


@pytest.fixture(scope="module")
def server() -> DnsServer:
    port = [{"name": "http", "port": 8080, "protocol": "TCP"}]
    ready, unready = {"ready": True}, {"ready": False}
    web = [{"addresses": ["10.244.1.2"], "conditions": ready}, {"addresses": ["10.244.2.2"], "conditions": {}}]
    mixed = [{"addresses": ["10.244.1.3"], "conditions": unready}]
    named = [{"addresses": ["10.244.1.4"], "conditions": ready, "hostname": "web-0"}]
    many = [{"addresses": [f"10.244.1.{number}"], "conditions": ready} for number in range(100, 140)]

    async def fill() -> DnsServer:
        store = Store()
        store.put(NAMESPACES, {"metadata": {"name": "default"}})
        corefile = {"metadata": {"name": "coredns", "namespace": "kube-system"}, "data": {"Corefile": COREFILE}}
        store.put(CONFIGMAPS, corefile)
        for each in (
            service("headless", clusterIP="None", ports=port),
            service("ordinary", clusterIP="10.96.0.77", ports=port),
            service("unready", clusterIP="None", ports=port),
            service("stateful", clusterIP="None", ports=port),
            service("many", clusterIP="None", ports=port),
            service("unlabelled", clusterIP="None", ports=port),
            service("outside", type="ExternalName", externalName="worldtimeapi.org"),
            service("nowhere", type="ExternalName", externalName="nowhere.example"),
            service("inside", type="ExternalName", externalName="ordinary.default.svc.cluster.local"),
            service("dangling", type="ExternalName", externalName="absent.default.svc.cluster.local"),
        ):
            store.put(SERVICES, each)
        for each in (
            endpoint_slice("a", "headless", web),
            endpoint_slice("b", "ordinary", web),
            endpoint_slice("c", "unready", mixed),
            endpoint_slice("d", "stateful", named),
            endpoint_slice("e", "many", many),
            endpoint_slice("unlabelled-x", "", web),
        ):
            store.put(ENDPOINTSLICES, each)
        made = DnsServer(store)
        running = asyncio.create_task(made.run())
        await asyncio.sleep(0)  # one turn of the loop: the first batch is there already
        running.cancel()
        return made

    return asyncio.run(fill())


def ask(server: DnsServer, name: str, kind: str, **options: Any) -> dns.message.Message:
    wire = server.answer(dns.message.make_query(name, kind, **options).to_wire(), "udp")
    assert wire is not None
    return dns.message.from_wire(wire)


BELOW = "default.svc.cluster.local"


@pytest.mark.parametrize(
    ("name", "kind", "rcode", "answers"),
    [
        pytest.param(f"headless.{BELOW}", "A", "NOERROR", {"10.244.1.2", "10.244.2.2"}, id="headless"),
        pytest.param(f"HeadLess.{BELOW}", "A", "NOERROR", {"10.244.1.2", "10.244.2.2"}, id="case"),
        pytest.param(f"headless.{BELOW}", "AAAA", "NOERROR", set(), id="no-such-type"),
        pytest.param(f"ordinary.{BELOW}", "A", "NOERROR", {"10.96.0.77"}, id="cluster-ip"),
        pytest.param(f"unready.{BELOW}", "A", "NXDOMAIN", set(), id="headless-none-ready"),
        pytest.param(f"_http._tcp.unready.{BELOW}", "SRV", "NXDOMAIN", set(), id="srv-none-ready"),
        pytest.param(f"unlabelled.{BELOW}", "A", "NXDOMAIN", set(), id="slice-without-label"),
        pytest.param(f"absent.{BELOW}", "A", "NXDOMAIN", set(), id="absent"),
        pytest.param(BELOW, "A", "NOERROR", set(), id="empty-non-terminal"),
        pytest.param(
            f"_http._tcp.headless.{BELOW}",
            "SRV",
            "NOERROR",
            {f"0 50 80 10-244-1-2.headless.{BELOW}.", f"0 50 80 10-244-2-2.headless.{BELOW}."},
            id="srv-headless-has-the-endpoints-port",
        ),
        pytest.param(
            f"_http._tcp.ordinary.{BELOW}",
            "SRV",
            "NOERROR",
            {f"0 100 8080 ordinary.{BELOW}."},
            id="srv-cluster-ip-has-the-services-port",
        ),
        pytest.param(f"10-244-1-2.headless.{BELOW}", "A", "NOERROR", {"10.244.1.2"}, id="dashed-endpoint"),
        pytest.param(f"10-244-1-2.ordinary.{BELOW}", "A", "NOERROR", {"10.244.1.2"}, id="endpoint-of-cluster-ip"),
        pytest.param(f"web-0.stateful.{BELOW}", "A", "NOERROR", {"10.244.1.4"}, id="endpoint-hostname"),
        pytest.param(f"10-244-1-4.stateful.{BELOW}", "A", "NXDOMAIN", set(), id="hostname-replaces-dashed"),
        pytest.param("10-1-2-3.default.pod.cluster.local", "A", "NOERROR", {"10.1.2.3"}, id="pod"),
        pytest.param("10-1-2-3.absent.pod.cluster.local", "A", "NXDOMAIN", set(), id="pod-without-namespace"),
        pytest.param("77.0.96.10.in-addr.arpa", "PTR", "NOERROR", {f"ordinary.{BELOW}."}, id="ptr-cluster-ip"),
        pytest.param("9.9.9.9.in-addr.arpa", "PTR", "SERVFAIL", set(), id="ptr-elsewhere"),
        pytest.param(f"outside.{BELOW}", "A", "NOERROR", {"worldtimeapi.org.", "192.0.2.7"}, id="external-known"),
        pytest.param(f"nowhere.{BELOW}", "A", "NOERROR", {"nowhere.example."}, id="external-unknown"),
        pytest.param(f"inside.{BELOW}", "A", "NOERROR", {f"ordinary.{BELOW}.", "10.96.0.77"}, id="external-inside"),
        pytest.param(f"dangling.{BELOW}", "A", "NOERROR", set(), id="external-inside-absent"),
        pytest.param("worldtimeapi.org", "A", "NOERROR", {"192.0.2.7"}, id="hosts"),
        pytest.param("example.org", "A", "SERVFAIL", set(), id="no-upstream"),
        pytest.param("dns-version.cluster.local", "TXT", "NOERROR", {'"1.1.0"'}, id="version"),
    ],
)
def test_answer(server: DnsServer, name: str, kind: str, rcode: str, answers: set[str]) -> None:
    response = ask(server, name, kind)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert {record.to_text() for rrset in response.answer for record in rrset} == answers
    assert all(rrset.ttl == 30 for rrset in response.answer)
    if rcode == "NXDOMAIN" or (rcode == "NOERROR" and not answers):
        (soa,) = response.authority
        assert soa.to_text().startswith("cluster.local. 30 IN SOA ns.dns.cluster.local. hostmaster.cluster.local.")
        assert soa.to_text().endswith(" 7200 1800 86400 30")


def test_flags(server: DnsServer) -> None:
    response = ask(server, f"headless.{BELOW}", "A")
    assert dns.flags.to_text(response.flags) == "QR AA RD"


def test_order_is_shuffled(server: DnsServer) -> None:
    orders = {tuple(each.to_text() for each in ask(server, f"headless.{BELOW}", "A").answer[0]) for _ in range(64)}
    assert len(orders) == 2


def test_forty_endpoints_are_cut_without_edns(server: DnsServer) -> None:
    short = ask(server, f"many.{BELOW}", "A")
    assert short.flags & dns.flags.TC
    assert 0 < len(short.answer[0]) < 40
    assert len(ask(server, f"many.{BELOW}", "A", use_edns=0, payload=1232).answer[0]) == 40
    query = dns.message.make_query(f"many.{BELOW}", "A").to_wire()
    whole = server.answer(query, "tcp")
    assert whole is not None
    assert len(dns.message.from_wire(whole).answer[0]) == 40


@given(st.binary(max_size=64))
def test_no_packet_brings_it_down(packet: bytes) -> None:
    answer = DnsServer(Store()).answer(packet, "udp")
    assert answer is None or len(answer) >= 12


@given(st.text(alphabet="{}abc:53\n #.kubernetespodshosttl", max_size=80))
def test_any_corefile_is_read_or_refused_with_its_line(text: str) -> None:
    try:
        parse(text)
    except CorefileError as error:
        refused = str(error)
    else:
        return
    assert refused.startswith("Corefile:")
