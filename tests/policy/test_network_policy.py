"""NetworkPolicies by table: who reaches whom, with real packets, on one node and between two."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.conftest import Kubectl

SECONDS = 60  # a policy that has not been carried out by then never will be
SERVERS = {"web1": "node01", "web2": "node02"}
CLIENTS = {"near": "a", "far": "b"}  # namespace: the Pod there that asks; both on node01
DNS = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}


def pod(name: str, node: str, labels: dict[str, str], **container: Any) -> dict[str, Any]:
    spec = {"nodeName": node, "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", **container}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


class Town:
    """Two namespaces: `near` with two web servers and a client, `far` with a client."""

    def __init__(self, kubectl: Kubectl) -> None:
        self.kubectl = kubectl
        self.suffix = secrets.token_hex(4)
        for name in CLIENTS:
            labels = {"side": name, "town": self.suffix}
            metadata = {"name": self.namespace(name), "labels": labels}
            self.create("", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
        server = {"image": "nginx", "ports": [{"name": "http", "containerPort": 80}]}
        probe = {"readinessProbe": {"httpGet": {"port": "http"}, "periodSeconds": 1}}
        servers = [pod(name, node, {"app": "web", "name": name}, **server, **probe) for name, node in SERVERS.items()]
        ports = [{"port": 8080, "targetPort": "http"}]
        service = {"selector": {"name": "web2"}, "ports": ports}
        self.create(
            "near", *servers, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": service}
        )
        for namespace, name in CLIENTS.items():
            tools = {"image": "giantswarm/tiny-tools", "command": ["sleep", "infinity"]}
            self.create(namespace, pod(name, "node01", {"app": name}, **tools))
            self.run("wait", "--for=condition=Ready", "pod", "--all", "--timeout=60s", namespace=namespace)
        path = "jsonpath={.status.podIP}"
        self.addresses = {
            name: self.run("get", "pod", name, "-o", path, namespace=namespace).stdout
            for namespace, names in (("near", (*SERVERS, "a")), ("far", ("b",)))
            for name in names
        }

    def namespace(self, name: str) -> str:
        return f"{name}-{self.suffix}" if name else ""

    def run(self, *arguments: str, namespace: str, **options: Any) -> CompletedProcess[str]:
        return self.kubectl(*arguments, namespace=self.namespace(namespace), **options)

    def create(self, namespace: str, *manifests: dict[str, Any]) -> None:
        text = "\n---\n".join(json.dumps(each) for each in manifests)
        self.run("create", "-f", "-", namespace=namespace, stdin=text)

    def reached(self, namespace: str, client: str, *targets: str) -> set[str]:
        """Which targets, each `name` or `name=URL`, answer the client."""
        urls = dict(target.split("=", 1) if "=" in target else (target, self.addresses[target]) for target in targets)
        asks = [f"(curl -s -o /dev/null --max-time 0.7 {url} && echo {name}) &" for name, url in urls.items()]
        script = "\n".join([*asks, "wait"])
        return set(self.run("exec", client, "--", "sh", "-c", script, namespace=namespace).stdout.split())

    def expect(self, namespace: str, client: str, wanted: set[str], *targets: str) -> None:
        deadline = time.monotonic() + SECONDS
        while (found := self.reached(namespace, client, *targets)) != wanted and time.monotonic() < deadline:
            pass
        assert found == wanted, f"from {client} in {namespace}"


@pytest.fixture(scope="module")
def town(kubectl: Kubectl) -> Iterator[Town]:
    built = Town(kubectl)
    yield built
    for name in CLIENTS:
        built.run("delete", "namespace", built.namespace(name), "--wait=false", namespace="")


@pytest.fixture
def apply(town: Town) -> Iterator[Callable[..., None]]:
    """`apply(spec, ..., namespace="near")`: a NetworkPolicy of each, taken away afterwards."""

    def run(*specs: dict[str, Any], namespace: str = "near") -> None:
        kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
        policies = [
            {**kind, "metadata": {"name": f"p{number}"}, "spec": {"podSelector": {}, **spec}}
            for number, spec in enumerate(specs)
        ]
        town.create(namespace, *policies)

    yield run
    for name in CLIENTS:
        town.run("delete", "netpol", "--all", namespace=name)


def ingress(*peers: dict[str, Any], ports: list[dict[str, Any]] | None = None, **spec: Any) -> dict[str, Any]:
    rule = {**({"from": list(peers)} if peers else {}), **({"ports": ports} if ports else {})}
    return {"ingress": [rule], "policyTypes": ["Ingress"], **spec}


def egress(*peers: dict[str, Any], ports: list[dict[str, Any]] | None = None, **spec: Any) -> dict[str, Any]:
    rule = {**({"to": list(peers)} if peers else {}), **({"ports": ports} if ports else {})}
    return {"egress": [rule], "policyTypes": ["Egress"], **spec}


def pods(**labels: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": labels}}


def namespaces(**labels: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": labels}}


def block(cidr: str, *exceptions: str) -> dict[str, Any]:
    return {"ipBlock": {"cidr": cidr, **({"except": list(exceptions)} if exceptions else {})}}


BOTH = set(SERVERS)
NOBODY: set[str] = set()


@pytest.mark.parametrize(
    ("spec", "near", "far"),
    [
        pytest.param({}, NOBODY, NOBODY, id="deny-all-ingress"),
        pytest.param({"policyTypes": ["Egress"]}, NOBODY, BOTH, id="deny-all-egress"),
        pytest.param({"policyTypes": ["Ingress", "Egress"]}, NOBODY, NOBODY, id="deny-all"),
        pytest.param({"podSelector": {"matchLabels": {"app": "nobody"}}}, BOTH, BOTH, id="selects-nobody"),
        pytest.param(
            {"podSelector": {"matchExpressions": [{"key": "name", "operator": "In", "values": ["web1", "x"]}]}},
            {"web2"},
            {"web2"},
            id="selects-by-expression",
        ),
        pytest.param(ingress(), BOTH, BOTH, id="allow-all"),
        pytest.param(ingress(pods(app="a")), BOTH, NOBODY, id="pods"),
        pytest.param(ingress(pods(app="b")), NOBODY, NOBODY, id="pods-of-the-same-namespace-only"),
        pytest.param(ingress({"podSelector": {}}), BOTH, NOBODY, id="whole-namespace"),
        pytest.param(ingress(namespaces(side="far")), NOBODY, BOTH, id="namespace"),
        pytest.param(ingress({"namespaceSelector": {}}), BOTH, BOTH, id="every-namespace"),
        pytest.param(ingress({**namespaces(side="far"), **pods(app="a")}), NOBODY, NOBODY, id="pods-in-a-namespace"),
        pytest.param(ingress(namespaces(side="far"), pods(app="a")), BOTH, BOTH, id="either"),
        pytest.param(ingress(block("10.244.0.0/16")), BOTH, BOTH, id="block"),
        pytest.param(ingress(block("10.244.0.0/16", "10.244.1.0/24")), NOBODY, NOBODY, id="block-but"),
        pytest.param(ingress(block("0.0.0.0/0", "10.244.2.0/24", "10.244.0.0/24")), BOTH, BOTH, id="block-but-others"),
        pytest.param(ingress(block("2001:db8::/32")), NOBODY, NOBODY, id="ipv6-block"),
        pytest.param(ingress(ports=[{"port": 80}]), BOTH, BOTH, id="port"),
        pytest.param(ingress(ports=[{"port": 81}]), NOBODY, NOBODY, id="other-port"),
        pytest.param(ingress(ports=[{"port": 80, "protocol": "UDP"}]), NOBODY, NOBODY, id="other-protocol"),
        pytest.param(ingress(ports=[{"protocol": "TCP"}]), BOTH, BOTH, id="protocol"),
        pytest.param(ingress(ports=[{"port": 70, "endPort": 90}]), BOTH, BOTH, id="ports"),
        pytest.param(ingress(ports=[{"port": 81, "endPort": 90}]), NOBODY, NOBODY, id="other-ports"),
        pytest.param(ingress(ports=[{"port": "http"}]), BOTH, BOTH, id="named-port"),
        pytest.param(ingress(ports=[{"port": "nosuch"}]), NOBODY, NOBODY, id="no-port-of-that-name"),
        pytest.param(ingress(pods(app="a"), ports=[{"port": "http"}, {"port": 99}]), BOTH, NOBODY, id="pods-and-ports"),
        pytest.param(egress(pods(name="web2")), {"web2"}, BOTH, id="egress-to-pods"),
        pytest.param(egress(pods(app="web"), ports=[{"port": "http"}]), BOTH, BOTH, id="egress-to-named-port"),
        pytest.param(egress(block("10.244.2.0/24")), {"web2"}, BOTH, id="egress-to-block"),
        pytest.param(egress(ports=[{"port": 443}]), NOBODY, BOTH, id="egress-to-other-port"),
    ],
)
def test_policy(town: Town, apply: Callable[..., None], spec: dict[str, Any], near: set[str], far: set[str]) -> None:
    apply(spec)
    town.expect("near", "a", near, *SERVERS)
    town.expect("far", "b", far, *SERVERS)


def test_policies_add_up(town: Town, apply: Callable[..., None]) -> None:
    apply({"policyTypes": ["Ingress", "Egress"]}, ingress(pods(app="a")), egress(pods(name="web1")))
    town.expect("near", "a", {"web1"}, *SERVERS)
    town.expect("far", "b", NOBODY, *SERVERS)


def test_policies_follow_labels_and_end(town: Town, apply: Callable[..., None]) -> None:
    apply(ingress(pods(admitted="yes")))
    town.expect("near", "a", NOBODY, *SERVERS)
    town.run("label", "pod", "a", "admitted=yes", namespace="near")
    town.expect("near", "a", BOTH, *SERVERS)
    town.run("label", "pod", "a", "admitted-", namespace="near")
    town.expect("near", "a", NOBODY, *SERVERS)
    town.run("delete", "netpol", "--all", namespace="near")
    town.expect("near", "a", BOTH, *SERVERS)


def test_policies_follow_the_labels_of_namespaces(town: Town, apply: Callable[..., None]) -> None:
    far = town.namespace("far")
    apply(ingress(namespaces(admitted="yes")))
    town.expect("far", "b", NOBODY, *SERVERS)
    town.run("label", "namespace", far, "admitted=yes", namespace="")
    town.expect("far", "b", BOTH, *SERVERS)
    town.run("label", "namespace", far, "admitted-", namespace="")
    town.expect("far", "b", NOBODY, *SERVERS)


def test_services_and_dns_through_policies(town: Town, apply: Callable[..., None]) -> None:
    """A Service's address is no peer: what counts is the Pod behind it. Names need the way to kube-system."""
    apply(egress(pods(name="web2")), ingress())
    by_name, by_address = f"name=http://web.{town.namespace('near')}:8080", "address=http://{}:8080"
    path = "jsonpath={.spec.clusterIP}"
    by_address = by_address.format(town.run("get", "service", "web", "-o", path, namespace="near").stdout)
    town.expect("near", "a", {"address"}, by_name, by_address)
    town.run("delete", "netpol", "--all", namespace="near")
    ports = [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    apply(egress(pods(name="web2"), podSelector={}), egress(DNS, ports=ports))
    town.expect("near", "a", {"name", "address"}, by_name, by_address)


def test_a_denied_pod_reaches_itself_and_is_ready(town: Town, apply: Callable[..., None]) -> None:
    """The kubelet's probes come from the node, which no policy keeps out."""
    apply({"policyTypes": ["Ingress", "Egress"]})
    server = {"image": "nginx", "ports": [{"name": "http", "containerPort": 80}]}
    probe = {"readinessProbe": {"httpGet": {"port": "http"}}}
    town.create("near", pod("late", "node02", {"app": "late"}, **server, **probe))
    town.run("wait", "--for=condition=Ready", "pod/late", "--timeout=60s", namespace="near")
    address = town.run("get", "pod", "late", "-o", "jsonpath={.status.podIP}", namespace="near").stdout
    town.expect("near", "late", {"itself", "loopback"}, f"itself=http://{address}", "loopback=http://127.0.0.1", "web1")
    town.run("delete", "pod", "late", namespace="near")


def test_a_pod_is_isolated_before_it_starts(town: Town, apply: Callable[..., None]) -> None:
    apply({"policyTypes": ["Egress"]}, namespace="far")
    script = f"curl -s -o /dev/null --max-time 0.5 http://{town.addresses['web1']}; echo $?"
    manifest = pod("early", "node01", {}, image="giantswarm/tiny-tools", command=["sh", "-c", script])
    manifest["spec"]["restartPolicy"] = "Never"
    town.create("far", manifest)
    done = "--for=jsonpath={.status.phase}=Succeeded"
    town.run("wait", done, "pod/early", "--timeout=60s", namespace="far")
    assert town.run("logs", "early", namespace="far").stdout == "28\n"  # curl: timed out


def test_what_is_answered_comes_back(town: Town, apply: Callable[..., None]) -> None:
    """A server that may not send anything by itself still answers."""
    apply(egress(pods(app="nobody"), podSelector={"matchLabels": {"app": "web"}}))
    town.expect("near", "a", BOTH, *SERVERS)
    town.expect("near", "web1", {"web1"}, *SERVERS)


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        (ingress({}), "spec.ingress[0].from[0]: Required value: must specify a peer"),
        (
            ingress({**pods(app="a"), **block("10.0.0.0/8")}),
            "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
        ),
        (
            egress(block("10.0.0.0")),
            'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.0": must be a valid CIDR value, '
            "(e.g. 10.9.8.0/24 or 2001:db8::/64)",
        ),
        (
            egress(block("10.0.0.0/8", "11.0.0.0/16")),
            'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
        ),
        (
            ingress(ports=[{"port": 90, "endPort": 80}]),
            "spec.ingress[0].ports[0].endPort: Invalid value: 90: must be greater than or equal to `port`",
        ),
        (
            ingress(ports=[{"port": "http", "endPort": 80}]),
            "spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric",
        ),
        (
            {"policyTypes": ["Inwards"]},
            'spec.policyTypes[0]: Unsupported value: "Inwards": supported values: "Egress", "Ingress"',
        ),
        (
            {"podSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
            "spec.podSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or "
            "'NotIn'",
        ),
    ],
)
def test_invalid_policies(kubectl: Kubectl, namespace: str, spec: dict[str, Any], what: str) -> None:
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p"},
        "spec": {"podSelector": {}, **spec},
    }
    done = kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(policy), fails=True)
    assert done.stderr == f'The NetworkPolicy "p" is invalid: {what}\n'


def test_policies_as_printed(kubectl: Kubectl, namespace: str) -> None:
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "NotIn", "values": ["b", "a"]},
            {"key": "debug", "operator": "DoesNotExist"},
        ],
    }
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "p"},
        "spec": {"podSelector": selector, "egress": [{}]},
    }
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(policy))
    header, line = kubectl("get", "netpol", namespace=namespace).stdout.splitlines()
    assert header.split() == ["NAME", "POD-SELECTOR", "AGE"]
    assert "app=web,!debug,tier notin (a,b)" in line
    types = kubectl("get", "netpol", "p", "-o", "jsonpath={.spec.policyTypes}", namespace=namespace).stdout
    assert json.loads(types) == ["Ingress", "Egress"]
