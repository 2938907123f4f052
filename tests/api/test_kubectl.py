"""Real kubectl against a real pocketkube."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Kubectl

HEADLESS = Path(__file__).parent.parent.parent / "labs" / "headless" / "solution" / "demo-headless-svc.yaml"


def test_apply_again_changes_nothing(kubectl: Kubectl, namespace: str) -> None:
    assert kubectl("apply", "-f", str(HEADLESS), namespace=namespace).stdout == "service/demo-headless-svc created\n"
    assert kubectl("apply", "-f", str(HEADLESS), namespace=namespace).stdout == "service/demo-headless-svc unchanged\n"


def test_get_services(kubectl: Kubectl, demo: str) -> None:
    lines = kubectl("get", "svc", "-o", "wide", namespace=demo).stdout.splitlines()
    assert lines[0].split() == ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", "SELECTOR"]
    cells = lines[1].split()
    assert cells[:5] == ["demo-headless-svc", "ClusterIP", "None", "<none>", "8080/TCP"]
    assert cells[6] == "app=nginx"


def test_describe_service(kubectl: Kubectl, demo: str) -> None:
    pods = json.loads(kubectl("get", "pods", "-l", "app=nginx", "-o", "json", namespace=demo).stdout)["items"]
    described = kubectl("describe", "svc", "demo-headless-svc", namespace=demo).stdout
    fields = dict(line.split(":", 1) for line in described.splitlines() if ":" in line)
    endpoints = {f"{pod['status']['podIP']}:80" for pod in pods}
    assert set(fields["Endpoints"].strip().split(",")) == endpoints
    assert fields["IP"].strip() == "None"
    assert fields["Port"].split() == ["http", "8080/TCP"]


def test_exec_nslookup(kubectl: Kubectl, demo: str) -> None:
    printed = kubectl("exec", "tiny-tools", "--", "nslookup", "demo-headless-svc", namespace=demo).stdout
    assert f"Name:\tdemo-headless-svc.{demo}.svc.cluster.local\nAddress: 10.244." in printed


def test_exec_gives_the_exit_code(kubectl: Kubectl, demo: str) -> None:
    done = kubectl("exec", "tiny-tools", "--", "sh", "-c", "echo out; echo err >&2; exit 3", namespace=demo, fails=True)
    assert (done.returncode, done.stdout) == (3, "out\n")
    assert "err\n" in done.stderr
    assert "command terminated with exit code 3" in done.stderr


def test_exec_reads_stdin(kubectl: Kubectl, demo: str) -> None:
    assert kubectl("exec", "-i", "tiny-tools", "--", "cat", namespace=demo, stdin="hello\n").stdout == "hello\n"


def test_scale_and_logs_and_delete(kubectl: Kubectl, own_demo: str) -> None:
    kubectl("scale", "deploy/nginx", "--replicas=3", namespace=own_demo)
    kubectl("rollout", "status", "deploy/nginx", "--timeout=60s", namespace=own_demo)
    printed = kubectl("logs", "-l", "app=nginx", "-c", "nginx", "--tail=1", "--prefix", namespace=own_demo).stdout
    assert len(printed.splitlines()) == 3
    kubectl("scale", "deploy/nginx", "--replicas=0", namespace=own_demo)
    kubectl("wait", "--for=delete", "pod", "-l", "app=nginx", "--timeout=60s", namespace=own_demo)
    refused = kubectl(
        "exec", "tiny-tools", "--", "curl", "-sS", "http://demo-nodeport-svc:8080", namespace=own_demo, fails=True
    )
    assert refused.returncode == 7
    assert "Connection refused" in refused.stderr or "Couldn't connect" in refused.stderr


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {name: m}, spec: {clusterIp: None}}",
            'strict decoding error: unknown field "spec.clusterIp"',
            id="unknown-field",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {name: m}, spec: {selector: {matchLabels: {a: b}}}}",
            "json: cannot unmarshal object into Go struct field ServiceSpec.spec.selector of type string",
            id="match-labels",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {name: m}, spec: {ports: [{port: 80800}]}}",
            "spec.ports[0].port: Invalid value: 80800: must be between 1 and 65535, inclusive",
            id="port-out-of-range",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {name: m}, spec: {type: Headless, ports: [{port: 80}]}}",
            'spec.type: Unsupported value: "Headless": supported values: '
            '"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
            id="type-headless",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {name: m}, "
            "spec: {type: NodePort, clusterIP: None, ports: [{port: 80}]}}",
            "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
            id="headless-node-port",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {name: m}, spec: {clusterIP: none, ports: [{port: 80}]}}",
            'spec.clusterIPs[0]: Invalid value: "none": must be a valid IP address',
            id="none-in-lower-case",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {name: m}, spec: {type: ExternalName}}",
            "spec.externalName: Required value",
            id="external-name-missing",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {name: m}, spec: {ipFamilies: [IPv6], ports: [{port: 80}]}}",
            'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
            id="other-ip-family",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Service, metadata: {name: m}, "
            "spec: {ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}}",
            'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack',
            id="dual-stack",
        ),
    ],
)
def test_refusal(kubectl: Kubectl, namespace: str, manifest: str, says: str) -> None:
    done = kubectl("apply", "-f", "-", namespace=namespace, stdin=manifest, fails=True)
    assert says in done.stderr


def test_cluster_ip_is_immutable(kubectl: Kubectl, namespace: str) -> None:
    kubectl("apply", "-f", str(HEADLESS), namespace=namespace)
    patch = '{"spec":{"clusterIP":"10.96.7.7"}}'
    done = kubectl("patch", "svc", "demo-headless-svc", "--type=merge", "-p", patch, namespace=namespace, fails=True)
    assert 'spec.clusterIPs[0]: Invalid value: ["10.96.7.7"]: may not change once set' in done.stderr


def test_unknown_image_cannot_be_pulled(kubectl: Kubectl, namespace: str) -> None:
    containers = "[{name: c, image: 'nosuch/image:1'}]"
    pod = f"{{apiVersion: v1, kind: Pod, metadata: {{name: nosuch}}, spec: {{containers: {containers}}}}}"
    kubectl("apply", "-f", "-", namespace=namespace, stdin=pod)
    path = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=ImagePullBackOff"
    kubectl("wait", f"--for={path}", "pod/nosuch", "--timeout=60s", namespace=namespace)


def test_crash_restarts_with_the_real_exit_code(kubectl: Kubectl, namespace: str) -> None:
    pod = (
        "{apiVersion: v1, kind: Pod, metadata: {name: crash}, spec: {containers: "
        "[{name: c, image: 'busybox:1.36', command: [sh, -c, 'exit 4']}]}}"
    )
    kubectl("apply", "-f", "-", namespace=namespace, stdin=pod)
    path = "jsonpath={.status.containerStatuses[0].state.waiting.reason}=CrashLoopBackOff"
    kubectl("wait", f"--for={path}", "pod/crash", "--timeout=60s", namespace=namespace)
    shown = kubectl("get", "pod", "crash", "-o", "json", namespace=namespace).stdout
    (status,) = json.loads(shown)["status"]["containerStatuses"]
    assert status["lastState"]["terminated"]["exitCode"] == 4
    assert status["restartCount"] >= 1


def test_missing_object(kubectl: Kubectl, namespace: str) -> None:
    done = kubectl("get", "svc", "nosuch", namespace=namespace, fails=True)
    assert done.stderr == 'Error from server (NotFound): services "nosuch" not found\n'


@pytest.mark.parametrize(
    ("what", "lines"),
    [
        pytest.param(
            "pod/tiny-tools", ["Service Account:  default", "QoS Class:                   BestEffort"], id="pod"
        ),
        pytest.param(
            "deploy/nginx", ["2 desired | 2 updated | 2 total | 2 available | 0 unavailable"], id="deployment"
        ),
        pytest.param("endpoints/demo-headless-svc", ["http  80    TCP"], id="endpoints"),
        pytest.param("endpointslice", ["http  80    TCP", "TargetRef:  Pod/nginx-"], id="slice"),
        pytest.param(
            "node/node01",
            ["KubeletReady", "HolderIdentity:  node01", "Container Runtime Version:  containerd://"],
            id="node",
        ),
    ],
)
def test_describe(kubectl: Kubectl, demo: str, what: str, lines: list[str]) -> None:
    described = kubectl("describe", what, namespace=demo).stdout
    for line in lines:
        assert line in described


def test_get_endpoints_warns(kubectl: Kubectl, demo: str) -> None:
    done = kubectl("get", "endpoints", "demo-headless-svc", namespace=demo)
    assert done.stderr == "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n"
