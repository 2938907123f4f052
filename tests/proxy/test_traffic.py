"""Who answers, whom the answering one sees, and what becomes of connections that go nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.proxy.conftest import SERVER, Place

BOTH = {"one", "two"}
REFUSED, SILENCE = {"refused"}, {"silence"}
UDP = [{"name": "dns", "port": 5353, "targetPort": 53, "protocol": "UDP"}]


@pytest.mark.parametrize(
    ("spec", "near", "far"),
    [
        pytest.param({}, BOTH, BOTH, id="cluster"),
        pytest.param({"internalTrafficPolicy": "Local"}, {"one"}, {"two"}, id="local"),
        pytest.param({"internalTrafficPolicy": "Local", "selector": {"only": "one"}}, {"one"}, SILENCE, id="there"),
        pytest.param({"internalTrafficPolicy": "Local", "selector": {"only": "none"}}, REFUSED, REFUSED, id="nobody"),
        pytest.param({"trafficDistribution": "PreferSameNode"}, {"one"}, {"two"}, id="prefer"),
        pytest.param(
            {"trafficDistribution": "PreferSameNode", "selector": {"only": "one"}}, {"one"}, {"one"}, id="prefer-other"
        ),
        pytest.param({"trafficDistribution": "PreferSameZone"}, BOTH, BOTH, id="zones-there-are-none"),
        pytest.param({"selector": {"only": "two"}}, {"two"}, {"two"}, id="one-endpoint"),
        pytest.param({"selector": {"only": "none"}}, REFUSED, REFUSED, id="no-endpoint"),
        pytest.param({"ports": [{"port": 8080, "targetPort": "web"}]}, BOTH, BOTH, id="named-target"),
        pytest.param({"ports": [{"port": 8080, "targetPort": 99}]}, REFUSED, REFUSED, id="nobody-listens"),
    ],
)
def test_cluster_ip(
    place: Place, request: pytest.FixtureRequest, spec: dict[str, Any], near: set[str], far: set[str]
) -> None:
    address = place.service(f"ip-{request.node.callspec.id}", **spec)["spec"]["clusterIP"]
    place.expect(near, "near", address, 8080)
    place.expect(far, "far", address, 8080)


def test_zones(place: Place) -> None:
    """Only where every node that has endpoints is in a zone, and only in zones that have some."""
    address = place.service("zonal", trafficDistribution="PreferSameZone")["spec"]["clusterIP"]
    place.expect(BOTH, "near", address, 8080)
    try:
        for node in place.nodes:
            zone = "west" if node == "control-plane" else node
            place.run("label", "node", node, f"topology.kubernetes.io/zone={zone}")
        place.expect({"one"}, "near", address, 8080)
        place.expect({"two"}, "far", address, 8080)
        found = ("get", "endpointslices", "-l", "kubernetes.io/service-name=zonal")
        zones = "{range .items[0].endpoints[*]}{.zone}={.hints.forZones[*].name} {end}"
        assert sorted(place.run(*found, "-o", f"jsonpath={zones}").split()) == ["node01=node01", "node02=node02"]
        place.run("patch", "svc", "zonal", "-p", '{"spec": {"selector": {"only": "two"}}}')
        place.expect({"two"}, "near", address, 8080)
    finally:
        for node in place.nodes:
            place.run("label", "node", node, "topology.kubernetes.io/zone-")


def test_an_address_that_no_service_has(place: Place) -> None:
    place.expect(SILENCE, "near", "10.96.255.253", 80)


def test_hints_of_a_slice_made_by_hand(place: Place) -> None:
    address = place.service("hinted", selector=None)["spec"]["clusterIP"]
    endpoints = [
        {"addresses": [place.addresses[pod]], "hints": {"forNodes": [{"name": node}]}}
        for pod, node in (("one", "node02"), ("two", "node01"))
    ]
    labels = {"kubernetes.io/service-name": "hinted"}
    content = {"addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "web", "port": 80}]}
    place.create("EndpointSlice", "hinted-1", {}, metadata={"labels": labels}, **content)
    place.expect({"two"}, "near", address, 8080)
    place.expect({"one"}, "far", address, 8080)


@pytest.mark.parametrize(
    ("ranges", "near"),
    [
        ([], BOTH),
        (["192.0.2.0/24"], SILENCE),
        (["192.0.2.0/24", "10.244.0.0/16", "10.244.1.0/24"], BOTH),
    ],
)
def test_who_may_ask_a_load_balancer(place: Place, ranges: list[str], near: set[str]) -> None:
    name, address = f"ranges-{len(ranges)}", f"198.51.100.{len(ranges)}"
    made = place.service(name, type="LoadBalancer", loadBalancerSourceRanges=ranges)
    status = json.dumps({"status": {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}}})
    place.run("patch", "svc", name, "--subresource=status", "-p", status)
    place.expect(near, "near", address, 8080)
    place.expect(BOTH, "near", place.nodes["node01"], made["spec"]["ports"][0]["nodePort"])


@pytest.mark.parametrize(
    ("spec", "heard"),
    [
        # Asked by `near` on node01 of control-plane, node01 and node02. A Pod's own node lets it in everywhere.
        pytest.param({}, (BOTH, BOTH, BOTH), id="cluster"),
        pytest.param({"externalTrafficPolicy": "Local"}, (SILENCE, BOTH, {"two"}), id="local"),
        pytest.param(
            {"externalTrafficPolicy": "Local", "selector": {"only": "one"}}, (SILENCE, {"one"}, SILENCE), id="local-one"
        ),
        pytest.param(
            {"externalTrafficPolicy": "Local", "selector": {"only": "two"}}, (SILENCE, {"two"}, {"two"}), id="local-two"
        ),
        pytest.param({"selector": {"only": "none"}}, (REFUSED, REFUSED, REFUSED), id="no-endpoint"),
        pytest.param(
            {"externalTrafficPolicy": "Local", "selector": {"only": "none"}}, (REFUSED, REFUSED, REFUSED), id="nobody"
        ),
        pytest.param({"internalTrafficPolicy": "Local"}, (BOTH, BOTH, BOTH), id="the-policy-inside-is-another"),
    ],
)
def test_node_port(
    place: Place, request: pytest.FixtureRequest, spec: dict[str, Any], heard: tuple[set[str], ...]
) -> None:
    made = place.service(f"np-{request.node.callspec.id}", type="NodePort", **spec)
    port = made["spec"]["ports"][0]["nodePort"]
    for node, wanted in zip(("control-plane", "node01", "node02"), heard, strict=True):
        place.expect(wanted, "near", place.nodes[node], port)


def test_whom_a_server_sees(place: Place) -> None:
    """The Pod itself through a cluster IP; a node through a node port, unless that is Local."""
    inside = place.service("seen-inside")["spec"]["clusterIP"]
    place.expect(BOTH, "near", inside, 8080)
    assert {each.partition(" ")[2] for each in place.ask("near", inside, 8080, times=8)} == {place.addresses["near"]}

    def seen(name: str, **spec: Any) -> set[str]:
        port = place.service(name, type="NodePort", **spec)["spec"]["ports"][0]["nodePort"]
        place.expect({"two"}, "near", place.nodes["node02"], port)
        return {each.partition(" ")[2] for each in place.ask("near", place.nodes["node02"], port, times=8)}

    pods = set(place.addresses.values())
    assert not seen("seen-outside", selector={"only": "two"}) & pods
    assert seen("seen-local", selector={"only": "two"}, externalTrafficPolicy="Local") == {place.nodes["node01"]}


def test_a_pod_that_reaches_itself_sees_another(place: Place) -> None:
    address = place.service("hairpin-one", selector={"only": "one"})["spec"]["clusterIP"]
    place.expect({"one"}, "one", address, 8080)
    assert place.addresses["one"] not in {each.partition(" ")[2] for each in place.ask("one", address, 8080)}


def on_node(place: Place, name: str) -> None:
    """A Pod in the network of node01."""
    container = {"name": "c", "image": "giantswarm/tiny-tools", "command": ["sleep", "infinity"]}
    spec = {"nodeName": "node01", "hostNetwork": True, "terminationGracePeriodSeconds": 0, "containers": [container]}
    place.create("Pod", name, spec)
    place.run("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")


def test_a_node_that_asks_is_seen_by_the_address_on_the_way(place: Place) -> None:
    """As kube-proxy, which masquerades what reaches a cluster IP from outside the Pods' network."""
    on_node(place, "host")
    address = place.service("from-the-node")["spec"]["clusterIP"]
    place.expect(BOTH, "host", address, 8080)
    gateway = f"{place.addresses['one'].rpartition('.')[0]}.1"
    assert set(place.ask("host", address, 8080, times=16)) == {f"one {gateway}", f"two {place.nodes['node01']}"}


def test_kube_proxy_says_how_it_is(place: Place) -> None:
    """Its mode only to the node itself."""
    on_node(place, "node-itself")
    url = ("exec", "node-itself", "--", "curl", "-s", "http://127.0.0.1:10249/proxyMode")
    assert place.run(*url) == "nftables"
    health = json.loads(place.run("exec", "near", "--", "curl", "-s", f"http://{place.nodes['node02']}:10256/healthz"))
    assert health["nodeEligible"] is True
    place.expect(REFUSED, "near", place.nodes["node02"], 10249)


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_a_node_reaches_its_own_server(place: Place, kind: str) -> None:
    name, address = f"hosted-{kind}", place.nodes["node01"]
    environment = [{"name": "NAME", "value": name}]
    server = {"name": "c", "image": "giantswarm/tiny-tools", "command": ["python3", "-c", SERVER], "env": environment}
    spec = {"nodeName": "node01", "hostNetwork": True, "terminationGracePeriodSeconds": 0, "containers": [server]}
    place.create("Pod", name, spec, metadata={"labels": {"only": name}})
    ports = [{"name": "web", "port": 8080, "targetPort": 80}, *UDP]
    made = place.service(name, type="NodePort", selector={"only": name}, ports=ports)
    port = made["spec"]["ports"][kind == "udp"]
    for where, number in ((made["spec"]["clusterIP"], port["port"]), (address, port["nodePort"])):
        place.expect({f"{name} {address}"}, name, where, number, kind, whole=True)
    place.run("delete", "pod", name)


def test_an_external_address_stays_with_the_first_that_has_it(place: Place) -> None:
    """Whatever changes of the two Services that claim it."""
    for only in ("one", "two"):
        place.service(f"claims-{only}", externalIPs=["192.0.2.77"], selector={"only": only})
        place.expect({"one"}, "near", "192.0.2.77", 8080)
    place.run("annotate", "svc", "claims-one", "seen=again")
    place.expect({"one"}, "near", place.service("after-it", selector={"only": "one"})["spec"]["clusterIP"], 8080)
    place.expect({"one"}, "near", "192.0.2.77", 8080)
    place.run("delete", "svc", "claims-one")
    place.expect({"two"}, "near", "192.0.2.77", 8080)


def test_several_ports(place: Place) -> None:
    ports = [{"name": "a", "port": 1, "targetPort": 80}, {"name": "b", "port": 2, "targetPort": 81}, *UDP]
    address = place.service("several", ports=ports)["spec"]["clusterIP"]
    place.expect(BOTH, "near", address, 1)
    place.expect(BOTH, "near", address, 2)
    place.expect(BOTH, "near", address, 5353, "udp")
    place.expect(REFUSED, "near", address, 5353, "tcp")
    place.expect(REFUSED, "near", address, 3)
    place.expect(REFUSED, "near", address, 1, "udp")


def test_affinity_lasts_while_other_services_change(place: Place) -> None:
    address = place.service("sticky", sessionAffinity="ClientIP")["spec"]["clusterIP"]
    place.expect(BOTH, "near", place.service("not-sticky")["spec"]["clusterIP"], 8080)
    (first,) = {each.partition(" ")[0] for each in place.ask("near", address, 8080, times=8)}
    for number in range(3):
        other = place.service(f"other-{number}")["spec"]["clusterIP"]
        place.expect(BOTH, "near", other, 8080)
        assert {each.partition(" ")[0] for each in place.ask("near", address, 8080, times=8)} == {first}
    place.run("patch", "svc", "sticky", "-p", '{"spec": {"sessionAffinity": "None"}}')
    place.expect(BOTH, "near", address, 8080)


def test_affinity_moves_on_when_its_endpoint_goes(place: Place) -> None:
    address = place.service("moves-on", sessionAffinity="ClientIP", selector={"only": "one"})["spec"]["clusterIP"]
    place.expect({"one"}, "near", address, 8080)
    place.run("patch", "svc", "moves-on", "-p", '{"spec": {"selector": {"only": "two"}}}')
    place.expect({"two"}, "near", address, 8080)


def test_affinity_ends_with_its_time(place: Place) -> None:
    config = {"clientIP": {"timeoutSeconds": 1}}
    spec = {"sessionAffinity": "ClientIP", "sessionAffinityConfig": config}
    address = place.service("short", **spec)["spec"]["clusterIP"]
    place.expect({"one"}, "near", place.service("short-one", selector={"only": "one"})["spec"]["clusterIP"], 8080)
    heard: set[str] = set()
    script = f"""
import socket, time
for _ in range(12):
    print(socket.create_connection(("{address}", 8080), 1).recv(64).decode())
    time.sleep(1.1)
"""
    heard = {line.partition(" ")[0] for line in place.run("exec", "near", "--", "python3", "-c", script).splitlines()}
    assert heard == BOTH


def test_udp_follows_its_endpoints(place: Place) -> None:
    """From one port all the time: to the kernel that is one connection, which has to be forgotten."""
    address = place.service("udp", ports=UDP, selector={"only": "one"})["spec"]["clusterIP"]
    place.expect({"one"}, "near", address, 5353, "udp", own_port=5555)
    place.run("patch", "svc", "udp", "-p", '{"spec": {"selector": {"only": "two"}}}')
    place.expect({"two"}, "near", address, 5353, "udp", own_port=5555)
    place.run("patch", "svc", "udp", "-p", '{"spec": {"selector": {"only": "none"}}}')
    place.expect(REFUSED, "near", address, 5353, "udp", own_port=5555)
    place.run("patch", "svc", "udp", "-p", '{"spec": {"selector": {"only": "one"}}}')
    place.expect({"one"}, "near", address, 5353, "udp", own_port=5555)


def test_a_udp_node_port_follows_its_endpoints(place: Place) -> None:
    made = place.service("udp-np", type="NodePort", ports=UDP, selector={"only": "one"})
    port, node = made["spec"]["ports"][0]["nodePort"], place.nodes["node02"]
    place.expect({"one"}, "near", node, port, "udp", own_port=5556)
    place.run("patch", "svc", "udp-np", "-p", '{"spec": {"selector": {"only": "two"}}}')
    place.expect({"two"}, "near", node, port, "udp", own_port=5556)


def test_a_deleted_service_answers_no_more(place: Place) -> None:
    made = place.service("gone", type="NodePort", ports=[*UDP, {"name": "web", "port": 8080, "targetPort": 80}])
    address, port = made["spec"]["clusterIP"], made["spec"]["ports"][1]["nodePort"]
    place.expect(BOTH, "near", address, 8080)
    place.expect({"one"} | {"two"}, "near", place.nodes["node02"], port)
    place.ask("near", address, 5353, "udp", own_port=5557)
    place.run("delete", "svc", "gone")
    place.expect(SILENCE, "near", address, 8080)
    place.expect(SILENCE, "near", address, 5353, "udp", own_port=5557)
    place.expect(REFUSED, "near", place.nodes["node02"], port)


def test_the_type_changes(place: Place) -> None:
    address = place.service("type")["spec"]["clusterIP"]
    place.expect(BOTH, "near", address, 8080)
    place.run("patch", "svc", "type", "-p", '{"spec": {"type": "NodePort"}}')
    port = int(place.run("get", "svc", "type", "-o", "jsonpath={.spec.ports[0].nodePort}"))
    place.expect(BOTH, "near", place.nodes["node02"], port)
    place.expect(BOTH, "near", address, 8080)
    place.run("patch", "svc", "type", "-p", '{"spec": {"type": "ClusterIP"}}')
    place.expect(REFUSED, "near", place.nodes["node02"], port)
    place.expect(BOTH, "near", address, 8080)
    other = json.dumps({"spec": {"ports": [{"name": "w", "port": 9, "targetPort": 81}]}})
    place.run("patch", "svc", "type", "--type=merge", "-p", other)
    place.expect(BOTH, "near", address, 9)
    place.expect(REFUSED, "near", address, 8080)


def test_external_addresses(place: Place) -> None:
    place.service("outside", externalIPs=["192.0.2.80"])
    place.expect(BOTH, "near", "192.0.2.80", 8080)
    place.service("outside-nobody", externalIPs=["192.0.2.81"], selector={"only": "none"})
    place.expect(REFUSED, "near", "192.0.2.81", 8080)


def test_a_load_balancer_is_pending_and_has_a_node_port(place: Place) -> None:
    made = place.service("balanced", type="LoadBalancer")
    assert made["status"] == {"loadBalancer": {}}
    place.expect(BOTH, "near", place.nodes["node01"], made["spec"]["ports"][0]["nodePort"])


@pytest.mark.parametrize(("only", "statuses"), [("one", ["200", "503"]), ("none", ["503", "503"])])
def test_the_health_check_of_a_local_load_balancer(place: Place, only: str, statuses: list[str]) -> None:
    spec = {"externalTrafficPolicy": "Local", "selector": {"only": only}}
    port = place.service(f"checked-{only}", type="LoadBalancer", **spec)["spec"]["healthCheckNodePort"]
    place.expect({"HTTP/1.1"}, "near", place.nodes["node01"], port, "http")
    for node, status in zip(("node01", "node02"), statuses, strict=True):
        url = f"http://{place.nodes[node]}:{port}/healthz"
        body, code = place.run("exec", "near", "--", "curl", "-s", "-w", "\n%{http_code}", url).rsplit("\n", 1)
        said = json.loads(body)
        assert code == status
        assert said["service"] == {"namespace": place.namespace, "name": f"checked-{only}"}
        assert said["localEndpoints"] == (1 if status == "200" else 0)


def test_slices_made_by_hand(place: Place) -> None:
    """Without selector: the slices' ports are matched by name, and their conditions count."""
    address = place.service("manual", selector=None)["spec"]["clusterIP"]
    place.expect(REFUSED, "near", address, 8080)

    def endpoint_slice(name: str, pod: str, port: dict[str, Any], **conditions: bool) -> None:
        endpoints = [{"addresses": [place.addresses[pod]], "conditions": conditions}]
        labels = {"kubernetes.io/service-name": "manual"}
        content = {"addressType": "IPv4", "endpoints": endpoints, "ports": [port]}
        place.create("EndpointSlice", name, {}, metadata={"labels": labels}, **content)

    endpoint_slice("manual-1", "one", {"name": "web", "port": 81}, ready=True)
    endpoint_slice("manual-2", "two", {"name": "other", "port": 81}, ready=True)
    endpoint_slice("manual-3", "two", {"name": "web", "port": 81}, ready=False)
    place.expect({"one"}, "near", address, 8080)
    place.run("delete", "endpointslice", "manual-1")
    place.expect(REFUSED, "near", address, 8080)


def test_terminating_endpoints_are_the_last_resort(place: Place) -> None:
    place.pod("stays", "node01", {"only": "stays"}, SERVER, STAYS="yes")
    place.run("wait", "--for=condition=Ready", "pod/stays", "--timeout=60s")
    made = place.service("last", type="NodePort", selector={"only": "stays"})
    local = {"externalTrafficPolicy": "Local", "selector": {"only": "stays"}}
    checked = place.service("last-checked", type="LoadBalancer", **local)["spec"]["healthCheckNodePort"]
    place.expect({"HTTP/1.1 200 OK"}, "near", place.nodes["node01"], checked, "http", whole=True)
    address, port = made["spec"]["clusterIP"], made["spec"]["ports"][0]["nodePort"]
    place.expect({"stays"}, "near", address, 8080)
    place.run("delete", "pod", "stays", "--wait=false")
    slices = ("get", "endpointslices", "-l", "kubernetes.io/service-name=last", "-o", "json")
    (found,) = json.loads(place.run(*slices))["items"]
    assert found["endpoints"][0]["conditions"] == {"ready": False, "serving": True, "terminating": True}
    place.expect({"stays"}, "near", address, 8080)
    place.expect({"stays"}, "near", place.nodes["node02"], port)
    # A load balancer is to send no more there.
    place.expect({"HTTP/1.1 503 Service Unavailable"}, "near", place.nodes["node01"], checked, "http", whole=True)
    place.run("label", "pod", "two", "only=stays", "--overwrite")
    place.expect({"two"}, "near", address, 8080)
    place.run("label", "pod", "two", "only=two", "--overwrite")
    place.run("delete", "pod", "stays", "--grace-period=0", "--force")
    place.expect(REFUSED, "near", address, 8080)
