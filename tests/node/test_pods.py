"""What a Pod's specification does: environment, volumes, probes, init containers, ends, terminals."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import pytest

from pocketkube.cluster import Cluster
from tests.conftest import Kubectl
from tests.node import pods

KUBECTL = Path(sys.executable).parent / "kubectl"


def run(kubectl: Kubectl, namespace: str, *containers: dict[str, Any], **spec: Any) -> None:
    """Apply a Pod `p` with these containers, each a shell script on busybox unless it says otherwise."""
    full = [
        {"name": f"c{number}", "image": "busybox:1.36", **each, "command": ["sh", "-c", each["command"]]}
        for number, each in enumerate(containers)
    ]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "labels": {"app": "p"}},
        "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": full, **spec},
    }
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(pod))


def finish(kubectl: Kubectl, namespace: str, phase: str = "Succeeded") -> str:
    """Wait for the end of the Pod; what its first container wrote."""
    kubectl("wait", f"--for=jsonpath={{.status.phase}}={phase}", "pod/p", "--timeout=60s", namespace=namespace)
    return kubectl("logs", "p", "-c", "c0", namespace=namespace).stdout


@pytest.mark.parametrize(
    ("container", "printed"),
    [
        pytest.param({"command": "echo $A", "env": [{"name": "A", "value": "one"}]}, "one", id="value"),
        pytest.param(
            {
                "command": "echo $B",
                "env": [{"name": "A", "value": "one"}, {"name": "B", "value": "$(A) $$(A) $(C)"}],
            },
            "one $(A) $(C)",
            id="references",
        ),
        pytest.param(
            {
                "command": "echo $NAME on $NODE",
                "env": [
                    {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
                ],
            },
            "p on node0",
            id="downward",
        ),
        pytest.param(
            {
                "command": "test $IP = $(hostname -i) && echo same",
                "env": [{"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
            },
            "same",
            id="address",
        ),
        pytest.param({"command": "pwd", "workingDir": "/tmp"}, "/tmp", id="working-directory"),
        pytest.param({"command": "hostname"}, "p", id="hostname"),
        pytest.param({"command": "grep ^search /etc/resolv.conf"}, "svc.cluster.local cluster.local", id="resolv-conf"),
        pytest.param({"command": "test -e /work || test -e /home/* || echo sealed"}, "sealed", id="no-host-files"),
    ],
)
def test_a_container_sees(kubectl: Kubectl, namespace: str, container: dict[str, Any], printed: str) -> None:
    run(kubectl, namespace, container)
    assert printed in finish(kubectl, namespace)


def test_containers_share_a_volume_and_localhost(kubectl: Kubectl, namespace: str) -> None:
    mount = [{"name": "shared", "mountPath": "/shared"}]
    run(
        kubectl,
        namespace,
        {"command": "until test -e /shared/file; do sleep 0.02; done; cat /shared/file", "volumeMounts": mount},
        {"command": "echo hello > /shared/file", "volumeMounts": mount},
        volumes=[{"name": "shared", "emptyDir": {}}],
    )
    assert finish(kubectl, namespace) == "hello\n"


def test_a_config_map_as_files_and_environment(kubectl: Kubectl, namespace: str) -> None:
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(config_map({"greeting": "hello"})))
    run(
        kubectl,
        namespace,
        {
            "command": "cat /config/greeting; echo; echo $greeting",
            "envFrom": [{"configMapRef": {"name": "settings"}}],
            "volumeMounts": [{"name": "config", "mountPath": "/config"}],
        },
        volumes=[{"name": "config", "configMap": {"name": "settings"}}],
    )
    assert finish(kubectl, namespace) == "hello\nhello\n"


def config_map(data: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}


def test_init_containers_run_first_and_in_order(kubectl: Kubectl, namespace: str) -> None:
    mount = [{"name": "shared", "mountPath": "/shared"}]

    def init(name: str, script: str) -> dict[str, Any]:
        return {"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script], "volumeMounts": mount}

    run(
        kubectl,
        namespace,
        {"command": "cat /shared/log", "volumeMounts": mount},
        initContainers=[init("one", "echo 1 >> /shared/log"), init("two", "echo 2 >> /shared/log")],
        volumes=[{"name": "shared", "emptyDir": {}}],
    )
    assert finish(kubectl, namespace) == "1\n2\n"


@pytest.mark.parametrize(("code", "phase"), [(0, "Succeeded"), (3, "Failed")])
def test_the_end_of_a_pod_that_does_not_restart(kubectl: Kubectl, namespace: str, code: int, phase: str) -> None:
    run(kubectl, namespace, {"command": f"exit {code}"})
    finish(kubectl, namespace, phase)
    path = "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}"
    assert kubectl("get", "pod", "p", "-o", path, namespace=namespace).stdout == str(code)


def test_a_failing_init_container_fails_the_pod(kubectl: Kubectl, namespace: str) -> None:
    init = {"name": "one", "image": "busybox:1.36", "command": ["sh", "-c", "exit 3"]}
    run(kubectl, namespace, {"command": "echo never"}, initContainers=[init])
    kubectl("wait", "--for=jsonpath={.status.phase}=Failed", "pod/p", "--timeout=60s", namespace=namespace)
    shown = json.loads(kubectl("get", "pod", "p", "-o", "json", namespace=namespace).stdout)["status"]
    assert shown["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 3
    assert "waiting" in shown["containerStatuses"][0]["state"]


@pytest.mark.parametrize(
    "probe",
    [
        pytest.param({"httpGet": {"path": "/", "port": 80}}, id="http"),
        pytest.param({"tcpSocket": {"port": "web"}}, id="tcp-by-name"),
        pytest.param({"exec": {"command": ["test", "-e", "/tmp/ready"]}}, id="exec"),
    ],
)
def test_readiness_follows_its_probe(kubectl: Kubectl, namespace: str, probe: dict[str, Any]) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "c",
                    "image": "nginx:1.29",
                    "command": ["sh", "-c", "touch /tmp/ready; nginx; exec sleep infinity"],
                    "ports": [{"name": "web", "containerPort": 80}],
                    "readinessProbe": {**probe, "periodSeconds": 1, "failureThreshold": 1},
                }
            ],
        },
    }
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(pod))
    kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=60s", namespace=namespace)
    kubectl("exec", "p", "--", "sh", "-c", "rm /tmp/ready; nginx -s stop", namespace=namespace)
    kubectl("wait", "--for=condition=Ready=false", "pod/p", "--timeout=60s", namespace=namespace)


def test_a_readiness_gate_holds_readiness_back(kubectl: Kubectl, namespace: str) -> None:
    gate = "example.com/ok"
    pods.create(kubectl, namespace, pods.container(), readinessGates=[{"conditionType": gate}])
    pods.wait(kubectl, namespace, "ContainersReady")

    def said() -> str:
        conditions = {each["type"]: each for each in pods.status(kubectl, namespace)["conditions"]}
        return str(conditions["Ready"].get("message", ""))

    assert said() == f'corresponding condition of pod readiness gate "{gate}" does not exist.'
    for value in ("Unknown", "False", "True"):
        change = json.dumps({"status": {"conditions": [{"type": gate, "status": value}]}})
        kubectl("patch", "pod", "p", "--subresource=status", "-p", change, namespace=namespace)
        if value != "True":
            told = f'the status of pod readiness gate "{gate}" is not "True", but {value}'
            path = "jsonpath={.status.conditions[?(@.type=='Ready')].message}"
            kubectl("wait", f"--for={path}={told}", "pod/p", "--timeout=60s", namespace=namespace)
    pods.wait(kubectl, namespace, "Ready")


def test_the_deletion_is_a_generation_that_is_observed(kubectl: Kubectl, namespace: str) -> None:
    pods.create(kubectl, namespace, pods.container(), terminationGracePeriodSeconds=30)
    pods.wait(kubectl, namespace, "Ready")
    kubectl("delete", "pod", "p", "--wait=false", namespace=namespace)
    pods.wait(kubectl, namespace, "observedGeneration=2")
    kubectl("delete", "pod", "p", "--force", "--grace-period=0", namespace=namespace)


def test_a_pod_that_ignores_sigterm_is_killed_after_its_grace(kubectl: Kubectl, namespace: str) -> None:
    run(kubectl, namespace, {"command": "trap '' TERM; echo up; while :; do sleep 1; done"})
    kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=60s", namespace=namespace)
    began = time.monotonic()
    kubectl("delete", "pod", "p", "--timeout=60s", namespace=namespace)
    assert time.monotonic() - began > 1  # its grace period: not a bound on speed, but proof that it was given


def test_sigterm_ends_a_pod_that_listens_to_it(kubectl: Kubectl, namespace: str) -> None:
    script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.02; done"
    run(kubectl, namespace, {"command": script}, terminationGracePeriodSeconds=60)
    kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=60s", namespace=namespace)
    kubectl("delete", "pod", "p", "--timeout=60s", namespace=namespace)


def test_exec_with_a_terminal(demo: str, cluster: Cluster) -> None:
    """`kubectl exec -it` from a real terminal of ours: the shell inside has one too, of the same size."""
    main, side = pty.openpty()
    termios.tcsetwinsize(main, (40, 100))
    command = [str(KUBECTL), "--kubeconfig", str(cluster.kubeconfig), "-n", demo, "exec", "-it", "tiny-tools", "--"]
    with subprocess.Popen([*command, "sh"], stdin=side, stdout=side, stderr=side) as shell:
        os.close(side)
        os.write(main, b"test -t 0 && until stty size | grep '40 100'; do :; done; exit 5\n")
        printed = b""
        while b"\n40 100" not in printed:
            ready, _, _ = select.select([main], [], [], 10)
            assert ready, printed.decode()
            printed += os.read(main, 4096)
        assert shell.wait(10) == 5
    os.close(main)
