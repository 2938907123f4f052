"""What a kubelet refuses of the Pods that name its node themselves."""

from __future__ import annotations

from typing import Any

import pytest

from pocketkube.node.kubelet_admission import rejection
from tests.conftest import Kubectl
from tests.node.pods import container, create, events, status, wait

UNSAFE = {"sysctls": [{"name": "kernel.msgmax", "value": "7"}]}


@pytest.mark.parametrize(
    ("spec", "reason", "message"),
    [
        pytest.param(
            {"securityContext": UNSAFE},
            "SysctlForbidden",
            'forbidden sysctl: "kernel.msgmax" not allowlisted',
            id="sysctl",
        ),
        pytest.param(
            {"nodeSelector": {"disk": "ssd"}},
            "NodeAffinity",
            "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
            id="node-selector",
        ),
    ],
)
def test_a_pod_that_the_node_refuses(
    kubectl: Kubectl, namespace: str, spec: dict[str, Any], reason: str, message: str
) -> None:
    create(kubectl, namespace, container(), nodeName="node01", **spec)
    wait(kubectl, namespace, "phase=Failed")
    shown = status(kubectl, namespace)
    assert (shown["reason"], shown["message"]) == (reason, f"Pod was rejected: {message}")
    assert "containerStatuses" not in shown
    assert ("Warning", reason, message) in events(kubectl, namespace)
    shown_as = kubectl("get", "pod", "p", "--no-headers", namespace=namespace).stdout.split()
    assert shown_as[1:3] == ["0/1", reason]
    refused = kubectl("logs", "p", namespace=namespace, fails=True).stderr
    assert 'container "c" in pod "p" is not available' in refused


NODE = {"metadata": {"name": "n"}, "spec": {}, "status": {"allocatable": {"cpu": "2", "memory": "1Gi", "pods": "2"}}}


def asking(phase: str = "Running", port: int = 0, **requests: str) -> dict[str, Any]:
    ports = [{"containerPort": port, "hostPort": port}] if port else []
    spec = {"containers": [{"name": "c", "ports": ports, "resources": {"requests": requests}}]}
    return {"metadata": {"name": "p"}, "spec": spec, "status": {"phase": phase}}


@pytest.mark.parametrize(
    ("pod", "here", "reason", "message"),
    [
        (asking(cpu="1"), [asking(cpu="1")], "", ""),
        (asking(cpu="1"), [asking(cpu="2", phase="Succeeded")], "", ""),
        (
            asking(cpu="1500m"),
            [asking(cpu="750m")],
            "OutOfcpu",
            "Node didn't have enough resource: cpu, requested: 1500, used: 750, capacity: 2000",
        ),
        (
            asking(memory="2Gi"),
            [],
            "OutOfmemory",
            "Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824",
        ),
        (
            asking(),
            [asking(), asking()],
            "OutOfpods",
            "Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
        ),
        (
            asking(port=80),
            [asking(port=80)],
            "NodePorts",
            "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
        ),
    ],
)
def test_what_there_is_no_room_for(pod: dict[str, Any], here: list[dict[str, Any]], reason: str, message: str) -> None:
    assert rejection(pod, NODE, here) == ({"reason": reason, "message": message} if reason else {})
