"""kubectl's commands that no recording has, each against pocketkube."""

from __future__ import annotations

import base64
import json
import os
import pty
import re
import select
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from pocketkube.cluster import Cluster
from tests.conftest import KUBECTL, SECONDS, Kubectl

HEADLESS = Path(__file__).parent.parent / "recordings" / "manifests" / "demo-headless-svc.yaml"


# kubectl create sends protobuf.
CREATED: list[tuple[list[str], dict[str, Any]]] = [
    (
        ["deployment", "web", "--image=nginx:1.29", "--replicas=0", "--port=80"],
        {"spec.replicas": 0, "spec.template.spec.containers.0.ports.0.containerPort": 80, "metadata.labels.app": "web"},
    ),
    (
        ["service", "clusterip", "web", "--tcp=8080:80"],
        {"spec.ports.0.targetPort": 80, "spec.ports.0.name": "8080-80", "spec.selector.app": "web"},
    ),
    (["service", "nodeport", "web", "--tcp=8080:http"], {"spec.ports.0.targetPort": "http", "spec.type": "NodePort"}),
    (["service", "externalname", "web", "--external-name=a.example"], {"spec.externalName": "a.example"}),
    (["configmap", "web", "--from-literal=a=ü"], {"data.a": "ü"}),
    (["secret", "generic", "web", "--from-literal=a=b"], {"data.a": base64.b64encode(b"b").decode()}),
    (["quota", "web", "--hard=pods=3,requests.memory=1Gi"], {"spec.hard": {"pods": "3", "requests.memory": "1Gi"}}),
    (["serviceaccount", "web"], {"metadata.name": "web"}),
    (
        ["cronjob", "web", "--image=busybox:1.36", "--schedule=@daily", "--", "true"],
        {"spec.schedule": "@daily", "spec.jobTemplate.spec.template.spec.containers.0.command": ["true"]},
    ),
    (["ingress", "web", "--rule=a.b/=web:80"], {"spec.rules.0.http.paths.0.pathType": "Exact"}),
    (["job", "web", "--image=busybox:1.36", "--", "true"], {"spec.template.spec.containers.0.command": ["true"]}),
]


def at(obj: Any, path: str) -> Any:
    for name in path.split("."):
        obj = obj[int(name)] if isinstance(obj, list) else obj[name]
    return obj


@pytest.mark.parametrize(("words", "fields"), [pytest.param(*case, id="-".join(case[0][:2])) for case in CREATED])
def test_create(kubectl: Kubectl, namespace: str, words: list[str], fields: dict[str, Any]) -> None:
    position = words.index("--") if "--" in words else len(words)
    made = kubectl("create", *words[:position], "-o", "json", *words[position:], namespace=namespace).stdout
    found = json.loads(made)
    assert {path: at(found, path) for path in fields} == fields


def test_port_forward(cluster: Cluster, kubectl: Kubectl, demo: str) -> None:
    pod = kubectl("get", "pod", "-l", "app=nginx", "-o", "jsonpath={.items[0].metadata.name}", namespace=demo).stdout
    command = [KUBECTL, "--kubeconfig", cluster.kubeconfig, "-n", demo, "port-forward", f"pod/{pod}", ":80", ":81"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as forwarding:
        assert forwarding.stdout
        assert forwarding.stderr
        printed = [forwarding.stdout.readline() for _ in range(4)]
        ports = [int(match[1]) for line in printed if (match := re.match(r"Forwarding from 127\.0\.0\.1:(\d+)", line))]
        try:
            for _ in range(3):  # each is a connection of its own
                with urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/", timeout=SECONDS) as response:
                    assert pod in response.read().decode()
            with pytest.raises(OSError, match=r"Connection|Remote"):
                urllib.request.urlopen(f"http://127.0.0.1:{ports[1]}/", timeout=SECONDS)
            assert "dial tcp4 127.0.0.1:81: connect: connection refused" in forwarding.stderr.readline()
        finally:
            forwarding.kill()


def test_run_with_a_terminal(cluster: Cluster, namespace: str) -> None:
    """`run -it --rm`: a terminal of the size that the user's has, what is typed is echoed, and the Pod goes."""
    ours, theirs = pty.openpty()
    os.set_blocking(ours, True)
    subprocess.run(["stty", "rows", "33", "cols", "99"], stdin=theirs, check=True)
    command = [KUBECTL, "--kubeconfig", cluster.kubeconfig, "-n", namespace, "run", "shell", "-it", "--rm"]
    command += ["--image=busybox:1.36", "--restart=Never", "--", "sh"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        read_until(ours, b"# ")
        os.write(ours, b"stty size; echo su''m $((40 + 2))\n")
        printed = read_until(ours, b"sum 42")
        assert b"33 99" in printed
        os.write(ours, b"exit\n")
        assert b'pod "shell" deleted' in read_until(ours, b"deleted")
        assert running.wait(SECONDS) == 0
    os.close(ours)


def read_until(descriptor: int, wanted: bytes) -> bytes:
    printed = b""
    while wanted not in printed:
        ready, _, _ = select.select([descriptor], [], [], SECONDS)
        assert ready, f"{wanted!r} did not come: {printed!r}"
        printed += os.read(descriptor, 4096)
    return printed


def test_diff_replace_and_edit(
    kubectl: Kubectl, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl("apply", "-f", str(HEADLESS), namespace=namespace)
    changed = tmp_path / "changed.yaml"
    changed.write_text(HEADLESS.read_text().replace("8080", "8081"))
    shown = kubectl("diff", "-f", str(changed), namespace=namespace, fails=True)
    assert [line for line in shown.stdout.splitlines() if line[:2] in ("- ", "+ ")] == [
        "-    port: 8080",
        "+    port: 8081",
    ]
    assert kubectl("replace", "-f", str(changed), namespace=namespace).stdout == "service/demo-headless-svc replaced\n"
    monkeypatch.setenv("KUBE_EDITOR", "sed -i s/8081/8082/")
    assert kubectl("edit", "svc/demo-headless-svc", namespace=namespace).stdout == "service/demo-headless-svc edited\n"
    port = kubectl("get", "svc", "demo-headless-svc", "-o", "jsonpath={.spec.ports[0].port}", namespace=namespace)
    assert port.stdout == "8082"


def test_rollout(kubectl: Kubectl, own_demo: str) -> None:
    def rollout(*words: str) -> str:
        return kubectl("rollout", *words, namespace=own_demo).stdout

    assert rollout("restart", "deploy/nginx") == "deployment.apps/nginx restarted\n"
    assert rollout("status", "deploy/nginx").endswith('deployment "nginx" successfully rolled out\n')
    history = rollout("history", "deploy/nginx").split()
    assert history[1:] == ["REVISION", "CHANGE-CAUSE", "1", "<none>", "2", "<none>"]
    assert rollout("undo", "deploy/nginx").endswith("rolled back\n")
    assert rollout("history", "deploy/nginx").split()[3::2] == ["2", "3"]


def test_copies_files_both_ways(kubectl: Kubectl, demo: str, tmp_path: Path) -> None:
    (tmp_path / "sent").write_text("hello\n")
    kubectl("cp", str(tmp_path / "sent"), "tiny-tools:/tmp/kept", namespace=demo)
    kubectl("cp", "tiny-tools:/tmp/kept", str(tmp_path / "back"), namespace=demo)
    assert (tmp_path / "back").read_text() == "hello\n"


@pytest.mark.parametrize(
    ("program", "says"),
    [
        ("nosuch", 'exec: "nosuch": executable file not found in $PATH\n'),
        ("/etc/passwd", "permission denied\n"),
    ],
)
def test_what_cannot_be_started_says_why(kubectl: Kubectl, demo: str, program: str, says: str) -> None:
    refused = kubectl("exec", "tiny-tools", "--", program, namespace=demo, fails=True).stderr
    begins = "error: Internal error occurred: error executing command in container: failed to exec in container: "
    assert refused.startswith(begins)
    assert refused.endswith(says)


def test_a_container_that_does_not_run(kubectl: Kubectl, namespace: str) -> None:
    kubectl("run", "waits", "--image=no.such/image:1", namespace=namespace)
    for verb in (("exec", "waits", "--", "true"), ("attach", "waits", "--pod-running-timeout=1ms")):
        refused = kubectl(*verb, namespace=namespace, fails=True).stderr
        assert "Upgrade request required" not in refused
    missing = 'unable to upgrade connection: container not found ("waits")'
    refused = kubectl("exec", "waits", "--", "true", namespace=namespace, fails=True).stderr
    assert refused == f"error: Internal error occurred: {missing}\n"


def test_the_scale_of_a_deployment_is_a_table_of_its_own(kubectl: Kubectl, demo: str) -> None:
    shown = kubectl("get", "deploy", "nginx", "--subresource=scale", namespace=demo).stdout.splitlines()
    assert shown[0].split() == ["NAME", "DESIRED", "AVAILABLE", "AGE"]
    assert shown[1].split()[0] == "nginx"


def test_waits_for_a_value(kubectl: Kubectl, demo: str) -> None:
    wanted = "--for=jsonpath={.status.readyReplicas}=2"
    assert kubectl("wait", wanted, "deploy/nginx", "--timeout=60s", namespace=demo).stdout.endswith("condition met\n")


def test_logs_of_all_containers_with_prefixes(kubectl: Kubectl, namespace: str) -> None:
    echo = ["sh", "-c", "echo $0 says hello"]
    containers = [{"name": name, "image": "busybox:1.36", "command": [*echo, name]} for name in ("one", "two")]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "talks"}}
    spec = {"containers": containers, "restartPolicy": "Never"}
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps({**pod, "spec": spec}))
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/talks", "--timeout=60s", namespace=namespace)
    printed = kubectl("logs", "talks", "--all-containers", "--prefix", "-f", namespace=namespace).stdout
    assert sorted(printed.splitlines()) == [f"[pod/talks/{name}] {name} says hello" for name in ("one", "two")]


def test_explain(kubectl: Kubectl) -> None:
    lines = kubectl("explain", "service.spec.ports").stdout.splitlines()
    assert lines[:4] == ["KIND:       Service", "VERSION:    v1", "", "FIELD: ports <[]ServicePort>"]
    assert "  port\t<integer> -required-" in lines
    assert "    The port that will be exposed by this service." in lines
    described = kubectl("explain", "service.spec").stdout
    assert "    Spec defines the behavior of a service.\n" in described
    assert "    ServiceSpec describes the attributes that a user creates on a service.\n" in described


@pytest.mark.parametrize(
    ("field", "listed", "meaning"),
    [
        ("pod.spec.restartPolicy", "ENUM:\n    Always\n    Never\n    OnFailure\n", ' - `"Always"`\n'),
        (
            "service.spec.type",
            "ENUM:\n    ClusterIP\n    ExternalName\n    LoadBalancer\n    NodePort\n",
            ' - `"ExternalName"` means',
        ),
        ("service.spec.ports", "  enum: SCTP, TCP, UDP\n", ' - `"SCTP"` is the SCTP protocol.\n'),
    ],
)
def test_explain_lists_the_values_of_an_enum(kubectl: Kubectl, field: str, listed: str, meaning: str) -> None:
    explained = kubectl("explain", field).stdout
    assert listed in explained
    assert meaning in explained[explained.index("    Possible enum values:\n") :]


def test_drain_evicts(kubectl: Kubectl, namespace: str) -> None:
    """With what kubectl really sends: an Eviction in protobuf; and without the subresource, DeleteOptions in it."""
    for name in ("one", "two"):
        spec = {
            "nodeName": "node02",
            "containers": [{"name": "c", "image": "busybox:1.36", "command": ["sleep", "99"]}],
        }
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"to": name}}, "spec": spec}
        kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(pod))
    drain = ["drain", "node02", "--force", "--grace-period=0", "--timeout=60s"]
    try:
        refused = kubectl("drain", "node02", "--pod-selector=to=one", fails=True).stderr
        assert "cannot delete Pods that declare no controller" in refused
        assert f"evicting pod {namespace}/one\n" in kubectl(*drain, "--pod-selector=to=one").stdout
        assert "pod/two deleted" in kubectl(*drain, "--pod-selector=to=two", "--disable-eviction").stdout
    finally:
        kubectl("uncordon", "node02")
    assert kubectl("get", "pods", namespace=namespace).stderr == f"No resources found in {namespace} namespace.\n"


def test_who_may_do_what(kubectl: Kubectl) -> None:
    assert kubectl("auth", "can-i", "create", "services").stdout == "yes\n"
    assert kubectl("auth", "can-i", "--list").stdout.splitlines()[1].split() == ["*.*", "[]", "[]", "[*]"]
    assert kubectl("auth", "whoami").stdout.split()[2:4] == ["Username", "kubernetes-admin"]


def test_a_pod_on_no_node_cannot_be_talked_to(kubectl: Kubectl, namespace: str) -> None:
    overrides = '{"spec":{"nodeSelector":{"no":"such"}}}'
    kubectl("run", "nowhere", "--image=busybox:1.36", f"--overrides={overrides}", namespace=namespace)
    refused = kubectl("exec", "nowhere", "--", "true", namespace=namespace, fails=True).stderr
    assert refused == "error: unable to upgrade connection: pod nowhere does not have a host assigned\n"
    assert kubectl("logs", "nowhere", namespace=namespace).stdout == ""


@pytest.mark.parametrize("asked", ["demo-nodeport-svc:http", "demo-nodeport-svc:8080", "http:demo-nodeport-svc:http"])
def test_services_are_reached_through_the_api_server(kubectl: Kubectl, demo: str, asked: str) -> None:
    path = f"/api/v1/namespaces/{demo}/services/{asked}/proxy"
    page = kubectl("get", "--raw", path).stdout  # kubectl follows to the path with a slash at its end
    assert "nginx-" in page
    assert kubectl("get", "--raw", f"{path}/").stdout
    assert "NotFound" in kubectl("get", "--raw", f"{path}/nosuch", fails=True).stderr


def test_pods_are_reached_through_the_api_server(kubectl: Kubectl, demo: str) -> None:
    pod = kubectl("get", "pod", "-l", "app=nginx", "-o", "jsonpath={.items[0].metadata.name}", namespace=demo).stdout
    path = f"/api/v1/namespaces/{demo}/pods/{pod}"
    assert pod in kubectl("get", "--raw", f"{path}/proxy/").stdout
    refused = kubectl("get", "--raw", f"{path}:81/proxy/", fails=True).stderr
    assert re.search(r"error trying to reach service: dial tcp [\d.]+:81: connect: connection refused\n$", refused)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("nosuch", 'Error from server (NotFound): services "nosuch" not found\n'),
        ("demo-nodeport-svc:9", 'no service port 9 found for service "demo-nodeport-svc"\n'),
        ("demo-nodeport-svc", 'no endpoints available for service "demo-nodeport-svc"\n'),
        ("ftp:demo-nodeport-svc:http", 'invalid service request "ftp:demo-nodeport-svc:http"\n'),
    ],
)
def test_a_service_that_is_not_reached_says_why(kubectl: Kubectl, demo: str, asked: str, says: str) -> None:
    refused = kubectl("get", "--raw", f"/api/v1/namespaces/{demo}/services/{asked}/proxy/", fails=True).stderr
    assert refused.endswith(says)


def test_debugs_a_node(kubectl: Kubectl, namespace: str) -> None:
    """`kubectl debug node` mounts the node's files at /host."""
    kubectl("debug", "node/node01", "--image=busybox:1.36", "--", "sh", "-c", "ls /host", namespace=namespace)
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod", "--all", "--timeout=60s", namespace=namespace)


def test_debugs_a_pod(kubectl: Kubectl, own_demo: str) -> None:
    """In its network, and with `--target` among the processes of one of its containers."""
    pod = kubectl("get", "pod", "-l", "app=nginx", "-o", "name", namespace=own_demo).stdout.split()[0]
    script = ["--", "sh", "-c", "ps; wget -qO- localhost"]
    said = kubectl("debug", pod, "--image=busybox:1.36", "--target=nginx", "-c", "dbg", *script, namespace=own_demo)
    assert said.stdout.startswith('Targeting container "nginx".')
    ended = "--for=jsonpath={.status.ephemeralContainerStatuses[0].state.terminated.reason}=Completed"
    kubectl("wait", ended, pod, "--timeout=60s", namespace=own_demo)
    printed = kubectl("logs", pod, "-c", "dbg", namespace=own_demo).stdout
    assert "nginx: master process" in printed
    assert "nginx-" in printed.splitlines()[-1]
    described = kubectl("describe", pod, namespace=own_demo).stdout
    assert "Ephemeral Containers:\n  dbg:\n" in described
    assert "spec.ephemeralContainers{dbg}" in described
    refused = kubectl("debug", pod, "--image=nginx", "-c", "dbg", namespace=own_demo, fails=True).stderr
    assert 'Forbidden: existing ephemeral containers "dbg" may not be changed' in refused


def test_debugs_with_a_terminal(cluster: Cluster, kubectl: Kubectl, own_demo: str) -> None:
    pod = kubectl("get", "pod", "-l", "app=nginx", "-o", "name", namespace=own_demo).stdout.split()[0]
    ours, theirs = pty.openpty()
    command = [KUBECTL, "--kubeconfig", cluster.kubeconfig, "-n", own_demo, "debug", "-it", pod, "--image=busybox:1.36"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        read_until(ours, b"# ")
        os.write(ours, b"echo su''m $((40 + 2))\n")
        read_until(ours, b"sum 42")
        os.write(ours, b"exit\n")
        assert running.wait(SECONDS) == 0
    os.close(ours)
