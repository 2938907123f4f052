"""Services by table: what a client in a Pod meets, with real packets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Kubectl

REFUSED = 7  # curl: could not connect
NODES = ["172.18.0.2", "172.18.0.3", "172.18.0.4"]


def apply_service(kubectl: Kubectl, namespace: str, name: str, **spec: Any) -> dict[str, Any]:
    """Create a Service for the nginx Pods and return it as the API has it."""
    ports = [{"name": "http", "port": 8080, "targetPort": 80}]
    full = {"selector": {"app": "nginx"}, "ports": ports, **spec}
    manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": full}
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(manifest))
    made: dict[str, Any] = json.loads(kubectl("get", "svc", name, "-o", "json", namespace=namespace).stdout)
    return made


def curl(
    kubectl: Kubectl, namespace: str, url: str, pod: str = "tiny-tools", *, fails: bool = False
) -> tuple[int, str]:
    """curl in a Pod, tried again while the Service's rules may still be on their way."""
    retry = [] if fails else ["--retry", "20", "--retry-delay", "0", "--retry-all-errors", "--retry-max-time", "5"]
    command = ["exec", pod, "-c", pod, "--", "curl", "-sS", "--max-time", "3", *retry, url]
    done = kubectl(*command, namespace=namespace, fails=fails)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({}, id="number"),
        pytest.param({"ports": [{"port": 8080, "targetPort": "http"}]}, id="named-target-port"),
        pytest.param(
            {"ports": [{"name": "a", "port": 9, "targetPort": 9}, {"name": "b", "port": 8080, "targetPort": 80}]},
            id="two-ports",
        ),
        pytest.param({"sessionAffinity": "ClientIP"}, id="affinity"),
        pytest.param({"type": "NodePort"}, id="node-port"),
    ],
)
def test_cluster_ip_answers(kubectl: Kubectl, demo: str, spec: dict[str, Any], request: pytest.FixtureRequest) -> None:
    name = f"s-{request.node.callspec.id}"
    service = apply_service(kubectl, demo, name, **spec)
    assert "<h1>node0" in curl(kubectl, demo, f"http://{service['spec']['clusterIP']}:8080")[1]
    assert "<h1>node0" in curl(kubectl, demo, f"http://{name}:8080")[1]


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"selector": {"app": "nobody"}}, id="no-endpoints"),
        pytest.param({"ports": [{"port": 9, "targetPort": 80}]}, id="other-port"),
        pytest.param({"ports": [{"port": 8080, "targetPort": 81}]}, id="nobody-listens"),
        pytest.param({"ports": [{"port": 8080, "targetPort": "nosuch"}]}, id="no-port-of-that-name"),
        pytest.param({"ports": [{"port": 8080, "targetPort": 80, "protocol": "UDP"}]}, id="other-protocol"),
    ],
)
def test_cluster_ip_refuses(kubectl: Kubectl, demo: str, spec: dict[str, Any], request: pytest.FixtureRequest) -> None:
    service = apply_service(kubectl, demo, f"r-{request.node.callspec.id}", **spec)
    code, _ = curl(kubectl, demo, f"http://{service['spec']['clusterIP']}:8080", fails=True)
    assert code == REFUSED


def test_node_port_answers_on_every_node(kubectl: Kubectl, demo: str) -> None:
    path = "jsonpath={.spec.ports[0].nodePort}"
    port = kubectl("get", "svc", "demo-nodeport-svc", "-o", path, namespace=demo).stdout
    for node in NODES:
        assert "<h1>node0" in curl(kubectl, demo, f"http://{node}:{port}")[1]


def test_affinity_stays_with_one_pod(kubectl: Kubectl, demo: str) -> None:
    address = apply_service(kubectl, demo, "sticky", sessionAffinity="ClientIP")["spec"]["clusterIP"]
    pages = {curl(kubectl, demo, f"http://{address}:8080")[1].partition(" - ")[0] for _ in range(8)}
    assert len(pages) == 1


def test_pod_reaches_itself_through_its_service(kubectl: Kubectl, demo: str) -> None:
    """Hairpin: with one Pod behind the Service, whoever it asks is itself."""
    pods = kubectl("get", "pods", "-l", "app=nginx", "-o", "name", namespace=demo).stdout.split()
    kubectl("label", pods[0], "only=this", namespace=demo)
    address = apply_service(kubectl, demo, "hairpin", selector={"only": "this"})["spec"]["clusterIP"]
    command = ("exec", pods[0], "-c", "nginx", "--", "curl", "-sS", "--retry", "20", "--retry-all-errors")
    page = kubectl(*command, "--retry-delay", "0", f"http://{address}:8080", namespace=demo).stdout
    assert pods[0].removeprefix("pod/") in page


def test_no_way_out_of_the_cluster(kubectl: Kubectl, demo: str) -> None:
    command = ("exec", "tiny-tools", "--", "curl", "-sS", "--max-time", "3", "http://192.0.2.1")
    assert kubectl(*command, namespace=demo, fails=True).returncode == REFUSED


@pytest.mark.parametrize("host", ["10.96.0.1", "kubernetes.default", "kubernetes.default.svc.cluster.local"])
def test_the_api_is_reached_from_pods(kubectl: Kubectl, demo: str, host: str) -> None:
    """With its own certificate; who sends no token is told the version, and gets no further."""
    authority = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"

    def ask(path: str) -> dict[str, Any]:
        command = ("exec", "tiny-tools", "--", "curl", "-sS", "--cacert", authority, f"https://{host}{path}")
        answer: dict[str, Any] = json.loads(kubectl(*command, namespace=demo).stdout)
        return answer

    assert ask("/version")["gitVersion"].startswith("v1.36.")
    assert ask("/api/v1/nodes")["reason"] == "Forbidden"
