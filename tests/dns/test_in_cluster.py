"""DNS as a Pod meets it: the programs that people use, a Corefile that changes, and name servers in the cluster."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import Kubectl

KUBERNETES = "kubernetes.default.svc.cluster.local"
SECONDS = 60
STUB = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("0.0.0.0", 53))
while True:
    query, peer = server.recvfrom(512)
    end = query.index(b"\\0", 12) + 5
    answer = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\xcb\\0\\x71\\7"
    server.sendto(query[:2] + b"\\x84\\0\\0\\1\\0\\1\\0\\0\\0\\0" + query[12:end] + answer, peer)
"""


@pytest.fixture
def corefile(kubectl: Kubectl) -> Iterator[Callable[..., None]]:
    """Add to CoreDNS's configuration for the time of a test: `corefile(plugin=..., block=...)`."""
    path = ("-o", "jsonpath={.data.Corefile}")
    before = kubectl("get", "configmap", "coredns", *path, namespace="kube-system").stdout

    def write(text: str) -> None:
        patch = json.dumps({"data": {"Corefile": text}})
        kubectl("patch", "configmap", "coredns", "--type=merge", "-p", patch, namespace="kube-system")

    def add(plugin: str = "", block: str = "") -> None:
        write(before.replace("    ready\n", f"    ready\n{plugin}\n", 1) + block)

    yield add
    write(before)


def dig(kubectl: Kubectl, demo: str, *question: str) -> str:
    return kubectl("exec", "tiny-tools", "--", "dig", "+short", "+tries=1", *question, namespace=demo).stdout


def wait_for(look: Callable[[], str], wanted: str) -> None:
    deadline = time.monotonic() + SECONDS
    while (seen := look()) != wanted:
        assert time.monotonic() < deadline, f"it stays {seen!r}"


def log(kubectl: Kubectl) -> str:
    return kubectl("logs", "deploy/coredns", namespace="kube-system").stdout


@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ((KUBERNETES,), "10.96.0.1\n"),
        (("-x", "10.96.0.1"), f"{KUBERNETES}.\n"),
        (
            ("SRV", "_https._tcp.kubernetes.default.svc.cluster.local"),
            "0 100 443 kubernetes.default.svc.cluster.local.\n",
        ),
        (("NS", "cluster.local"), "kube-dns.kube-system.svc.cluster.local.\n"),
        (("TXT", "dns-version.cluster.local"), '"1.1.0"\n'),
        (("absent.default.svc.cluster.local",), ""),
    ],
)
def test_dig(kubectl: Kubectl, demo: str, transport: str, question: tuple[str, ...], answer: str) -> None:
    assert dig(kubectl, demo, transport, *question) == answer


def test_nslookup_as_on_a_real_cluster(kubectl: Kubectl, demo: str) -> None:
    said = kubectl("exec", "tiny-tools", "--", "nslookup", "kubernetes.default", namespace=demo).stdout
    assert said == (
        ";; Got recursion not available from 10.96.0.10\n"
        * said.count("not available", 0, said.index("Server:"))
        + "Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n"
        "Name:\tkubernetes.default.svc.cluster.local\nAddress: 10.96.0.1\n"
        ";; Got recursion not available from 10.96.0.10\n\n"
    )


def test_a_change_takes_effect_without_restart(kubectl: Kubectl, demo: str, corefile: Callable[..., None]) -> None:
    corefile("    hosts {\n      192.0.2.7 clock.example\n      fallthrough\n    }\n    log")
    wait_for(lambda: dig(kubectl, demo, "clock.example"), "192.0.2.7\n")
    assert dig(kubectl, demo, KUBERNETES) == "10.96.0.1\n"
    assert '"A IN clock.example. udp ' in log(kubectl)


def test_a_mistake_leaves_the_configuration_before_it(
    kubectl: Kubectl, demo: str, corefile: Callable[..., None]
) -> None:
    corefile("    nosuch plugin")
    wanted = "/etc/coredns/Corefile:7 - Error during parsing: Unknown directive 'nosuch'"
    wait_for(lambda: wanted if f"[ERROR] Restart failed: {wanted}" in log(kubectl) else log(kubectl), wanted)
    assert dig(kubectl, demo, KUBERNETES) == "10.96.0.1\n"


def test_a_name_server_in_the_cluster_is_asked(
    kubectl: Kubectl, demo: str, namespace: str, corefile: Callable[..., None]
) -> None:
    """A stub domain: https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/"""
    container = {"name": "stub", "image": "giantswarm/tiny-tools", "command": ["python3", "-c", STUB]}
    pod = {"metadata": {"name": "stub"}, "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]}}
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps({"apiVersion": "v1", "kind": "Pod", **pod}))
    kubectl("wait", "--for=condition=Ready", "pod/stub", "--timeout=60s", namespace=namespace)
    address = kubectl("get", "pod", "stub", "-o", "jsonpath={.status.podIP}", namespace=namespace).stdout
    corefile(block=f"stub.example {{\n    forward . {address}\n}}\n")
    wait_for(lambda: dig(kubectl, demo, "a.stub.example"), "203.0.113.7\n")


def test_restarting_coredns_leaves_it_answering(kubectl: Kubectl, demo: str) -> None:
    before = ("-l", "k8s-app=kube-dns", "-o", "jsonpath={.items[*].status.podIP}")
    before_address = kubectl("get", "pods", *before, namespace="kube-system").stdout.split()[-1]
    restart(kubectl)
    kubectl("rollout", "status", "deploy/coredns", "--timeout=60s", namespace="kube-system")
    assert dig(kubectl, demo, KUBERNETES) == "10.96.0.1\n"
    assert dig(kubectl, demo, "NS", "cluster.local") == "kube-dns.kube-system.svc.cluster.local.\n"
    assert "CoreDNS-" in log(kubectl)
    # Whoever was sent to the Pod before is still answered by it: lameduck 5s.
    assert dig(kubectl, demo, f"@{before_address}", KUBERNETES) == "10.96.0.1\n"


def test_coredns_that_ends_is_no_name_server_any_more(kubectl: Kubectl, demo: str) -> None:
    """It answers on for its lameduck time, but what is an endpoint is the other Pod."""
    try:
        kubectl("scale", "deploy/coredns", "--replicas=2", namespace="kube-system")
        kubectl("rollout", "status", "deploy/coredns", "--timeout=60s", namespace="kube-system")
    finally:
        kubectl("scale", "deploy/coredns", "--replicas=1", namespace="kube-system")
    ready = ("get", "deploy", "coredns", "-o", "jsonpath={.status.readyReplicas}")
    wait_for(lambda: kubectl(*ready, namespace="kube-system").stdout, "1")
    assert dig(kubectl, demo, "NS", "cluster.local") == "kube-dns.kube-system.svc.cluster.local.\n"


def test_restarting_coredns_empties_its_cache(
    kubectl: Kubectl, demo: str, namespace: str, corefile: Callable[..., None]
) -> None:
    corefile(block="cached.example {\n    kubernetes cached.example\n    cache 3600\n}\n")
    kubectl("create", "service", "externalname", "web", "--external-name=kubernetes.example", namespace=namespace)
    name = f"web.{namespace}.svc.cached.example"
    wait_for(lambda: dig(kubectl, demo, "CNAME", name), "kubernetes.example.\n")
    kubectl("delete", "service", "web", namespace=namespace)
    assert dig(kubectl, demo, "CNAME", name) == "kubernetes.example.\n"
    restart(kubectl)
    kubectl("rollout", "status", "deploy/coredns", "--timeout=60s", namespace="kube-system")
    assert dig(kubectl, demo, "CNAME", name) == ""


@pytest.mark.parametrize(
    ("port", "path", "said"),
    [
        (8080, "/health", "OK"),
        (8181, "/ready", "OK"),
        (9153, "/metrics", 'type="A"'),
        (8080, "/other", "404 page not found"),
    ],
)
def test_coredns_says_how_it_is(kubectl: Kubectl, demo: str, port: int, path: str, said: str) -> None:
    dig(kubectl, demo, KUBERNETES)
    newest = ("--sort-by=.metadata.creationTimestamp", "-o", "jsonpath={.items[-1:].status.podIP}")
    selected = ("-l", "k8s-app=kube-dns", *newest)
    address = kubectl("get", "pods", *selected, namespace="kube-system").stdout
    url = f"http://{address}:{port}{path}"
    assert said in kubectl("exec", "tiny-tools", "--", "curl", "-s", url, namespace=demo).stdout


def test_coredns_does_not_start_with_a_mistake(kubectl: Kubectl, demo: str, corefile: Callable[..., None]) -> None:
    """The Pod before it, which runs, answers on: the new one is never ready."""
    running = pods(kubectl)
    try:
        corefile("    hosts {\n      ttl long\n    }")
        pod = restart(kubectl)
        state = "jsonpath={.status.containerStatuses[0].lastState.terminated['reason','exitCode']}"
        wait_for(lambda: kubectl("get", "pod", pod, "-o", state, namespace="kube-system").stdout, "Error 1")
        said = kubectl("logs", pod, namespace="kube-system").stdout
        assert said == "plugin/hosts: /etc/coredns/Corefile:8 - Error during parsing: ttl needs a number of second\n"
        assert running & pods(kubectl)
        assert dig(kubectl, demo, KUBERNETES) == "10.96.0.1\n"
    finally:
        start_anew(kubectl, demo, corefile)


def test_coredns_that_asks_itself_ends(kubectl: Kubectl, demo: str, corefile: Callable[..., None]) -> None:
    """https://coredns.io/plugins/loop#troubleshooting"""
    seen = "[FATAL] plugin/loop: Loop (127.0.0.1:"
    said = ' -> :53) detected for zone "self.example.", see https://coredns.io/plugins/loop#troubleshooting. Query: "'
    try:
        corefile(block="self.example {\n    loop\n    forward . 127.0.0.1\n}\n")
        wait_for(lambda: seen if seen in log(kubectl) else log(kubectl), seen)
        assert said in log(kubectl)
    finally:
        start_anew(kubectl, demo, corefile)


def pods(kubectl: Kubectl) -> set[str]:
    """Of CoreDNS."""
    names = "jsonpath={.items[*].metadata.name}"
    return set(kubectl("get", "pods", "-l", "k8s-app=kube-dns", "-o", names, namespace="kube-system").stdout.split())


def restart(kubectl: Kubectl) -> str:
    """What `kubectl rollout restart` does, which does it once a second; the name of the Pod that is begun."""
    before = pods(kubectl)
    annotations = {"kubectl.kubernetes.io/restartedAt": str(time.time_ns())}
    patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    kubectl("patch", "deploy", "coredns", "-p", json.dumps(patch), namespace="kube-system")
    deadline = time.monotonic() + SECONDS
    while not (new := pods(kubectl) - before):
        assert time.monotonic() < deadline, "no Pod is begun"
    return new.pop()


def start_anew(kubectl: Kubectl, demo: str, corefile: Callable[..., None]) -> None:
    corefile()
    restart(kubectl)
    kubectl("rollout", "status", "deploy/coredns", "--timeout=60s", namespace="kube-system")
    until_kube_proxy_knows = f"until dig +short +tries=1 {KUBERNETES}; do :; done"
    answer = kubectl("exec", "tiny-tools", "--", "sh", "-c", until_kube_proxy_knows, namespace=demo).stdout
    assert answer.endswith("10.96.0.1\n")
