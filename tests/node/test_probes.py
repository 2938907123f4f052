"""Liveness and startup probes: what they ask, when they count, what they do, and what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.node.pods import container, create, events, status, wait, wait_for_event

OFTEN = {"periodSeconds": 1, "failureThreshold": 1}
NGINX = {"name": "c", "image": "nginx:1.29", "ports": [{"name": "web", "containerPort": 80}]}


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        pytest.param({"exec": {"command": ["false"]}}, "Liveness probe failed: ", id="exec"),
        pytest.param(
            {"exec": {"command": ["sh", "-c", "echo no; exit 3"]}}, "Liveness probe failed: no\n", id="exec-output"
        ),
        pytest.param(
            {"exec": {"command": ["sleep", "9"]}},
            'Liveness probe failed: command timed out: "sleep 9" timed out after 1s',
            id="exec-timeout",
        ),
        pytest.param(
            {"httpGet": {"port": "web", "path": "/nothing"}},
            "Liveness probe failed: HTTP probe failed with statuscode: 404",
            id="http-status",
        ),
        pytest.param(
            {"httpGet": {"port": 81, "path": "/x"}},
            'Liveness probe failed: Get "http://IP:81/x": dial tcp IP:81: connect: connection refused',
            id="http-refused",
        ),
        pytest.param(
            {"tcpSocket": {"port": 81}},
            "Liveness probe failed: dial tcp IP:81: connect: connection refused",
            id="tcp-refused",
        ),
    ],
)
def test_a_container_that_is_not_alive_is_restarted(
    kubectl: Kubectl, namespace: str, probe: dict[str, Any], told: str
) -> None:
    create(kubectl, namespace, {**NGINX, "livenessProbe": {**probe, **OFTEN}}, restartPolicy="Always")
    wait(kubectl, namespace, "containerStatuses[0].restartCount=1")
    address = status(kubectl, namespace)["podIP"]
    found = events(kubectl, namespace)
    assert ("Warning", "Unhealthy", told.replace("IP", address)) in found
    assert ("Normal", "Killing", "Container c failed liveness probe, will be restarted") in found


def test_a_probe_that_cannot_be_carried_out_says_nothing_of_the_container(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, {**NGINX, "livenessProbe": {"exec": {"command": ["nothing"]}, **OFTEN}})
    message = wait_for_event(kubectl, namespace, "Unhealthy")
    assert message.startswith("Liveness probe errored and resulted in unknown state: rpc error: code = Unknown")
    assert message.endswith('exec: "nothing": executable file not found in $PATH')
    assert status(kubectl, namespace)["containerStatuses"][0]["ready"] is True


def test_without_restarts_a_dead_container_ends_the_pod(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container(livenessProbe={"exec": {"command": ["false"]}, **OFTEN}))
    wait(kubectl, namespace, "phase=Failed")
    assert ("Normal", "Killing", "Container c failed liveness probe") in events(kubectl, namespace)
    assert status(kubectl, namespace)["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 137


def test_the_probe_says_how_long_its_victim_has(kubectl: Kubectl, namespace: str) -> None:
    probe = {"exec": {"command": ["false"]}, "terminationGracePeriodSeconds": 30, **OFTEN}
    script = "trap 'echo asked; exit 0' TERM; while :; do sleep 0.05; done"
    create(kubectl, namespace, container(script, livenessProbe=probe))
    wait(kubectl, namespace, "phase=Succeeded")
    assert kubectl("logs", "p", namespace=namespace).stdout == "asked\n"


def test_nothing_else_is_asked_before_the_start(kubectl: Kubectl, namespace: str) -> None:
    """A startup probe holds back readiness and liveness, which here would fail."""
    script = f"touch /tmp/alive; sleep 1; touch /tmp/up; {'sleep infinity'}"
    create(
        kubectl,
        namespace,
        container(
            script,
            startupProbe={"exec": {"command": ["cat", "/tmp/up"]}, "periodSeconds": 1, "failureThreshold": 30},
            livenessProbe={"exec": {"command": ["cat", "/tmp/alive"]}, **OFTEN},
        ),
    )
    wait(kubectl, namespace, "phase=Running")
    before = status(kubectl, namespace)["containerStatuses"][0]
    assert (before["started"], before["ready"]) == (False, False)
    wait(kubectl, namespace, "Ready")
    assert status(kubectl, namespace)["containerStatuses"][0]["started"] is True


def test_a_container_that_does_not_start_is_killed(kubectl: Kubectl, namespace: str) -> None:
    probe = {"tcpSocket": {"port": 81}, **OFTEN}
    create(kubectl, namespace, container(startupProbe=probe), restartPolicy="Always")
    wait(kubectl, namespace, "containerStatuses[0].restartCount=1")
    assert ("Normal", "Killing", "Container c failed startup probe, will be restarted") in events(kubectl, namespace)


def test_readiness_needs_as_many_successes_as_it_says(kubectl: Kubectl, namespace: str) -> None:
    script = "echo x >> /tmp/asked; test $(wc -l < /tmp/asked) -ge 1"
    probe = {"exec": {"command": ["sh", "-c", script]}, "periodSeconds": 1, "successThreshold": 3}
    create(kubectl, namespace, container(readinessProbe=probe))
    wait(kubectl, namespace, "Ready")
    asked = kubectl("exec", "p", "--", "wc", "-l", "/tmp/asked", namespace=namespace).stdout
    assert int(asked.split()[0]) >= 3
