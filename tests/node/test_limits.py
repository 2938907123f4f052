"""Limits of containers: memory that is taken together, and processes that fork."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pocketkube.node import limits
from tests.conftest import Kubectl

GROW = "x=x; while [ ${#x} -lt %d ]; do x=$x$x; done; "  # a shell that holds at least so many bytes
MB = 1_000_000


def create(kubectl: Kubectl, namespace: str, script: str, memory: str = "", **spec: Any) -> None:
    """A Pod `p` with this shell script."""
    resources = {"resources": {"limits": {"memory": memory}}} if memory else {}
    container = {"name": "c", "image": "busybox:1.36", "command": ["sh", "-c", script], **resources}
    full = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container], **spec}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": full}
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(pod))


def status(kubectl: Kubectl, namespace: str) -> Any:
    path = "jsonpath={.status.containerStatuses[0]}"
    return json.loads(kubectl("get", "pod", "p", "-o", path, namespace=namespace).stdout)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(GROW % (60 * MB) + "sleep 60; :", id="one-process"),
        pytest.param(f"for i in 1 2 3 4; do ({GROW % (16 * MB)} sleep 60; :) & done; wait", id="several-together"),
    ],
)
def test_too_much_memory_ends_a_container(kubectl: Kubectl, namespace: str, script: str) -> None:
    create(kubectl, namespace, script, "32Mi")
    kubectl("wait", "--for=jsonpath={.status.phase}=Failed", "pod/p", "--timeout=60s", namespace=namespace)
    ended = status(kubectl, namespace)["state"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)
    assert " OOMKilled " in kubectl("get", "pod", "p", namespace=namespace).stdout


def test_a_restarted_container_remembers_why_it_ended(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, GROW % (60 * MB) + "sleep 60; :", "32Mi", restartPolicy="Always")
    restarted = "--for=jsonpath={.status.containerStatuses[0].restartCount}=1"
    kubectl("wait", restarted, "pod/p", "--timeout=60s", namespace=namespace)
    assert status(kubectl, namespace)["lastState"]["terminated"]["reason"] == "OOMKilled"


def test_memory_within_the_limit_is_left_alone(kubectl: Kubectl, namespace: str) -> None:
    """Processes that share what their parent holds do not hold it twice."""
    script = GROW % (16 * MB) + "for i in 1 2 3 4; do sleep 1.2 & done; wait; echo done"
    create(kubectl, namespace, script, "64Mi")
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/p", "--timeout=60s", namespace=namespace)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(f"for i in $(seq {limits.PIDS}); do sleep 60 & done; wait", id="crowd"),
        pytest.param("f() { f & f & sleep 60; }; f", id="fork-bomb"),
    ],
)
def test_too_many_processes_end_a_container(kubectl: Kubectl, namespace: str, script: str) -> None:
    create(kubectl, namespace, script)
    kubectl("wait", "--for=jsonpath={.status.phase}=Failed", "pod/p", "--timeout=60s", namespace=namespace)
    ended = status(kubectl, namespace)["state"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("Error", 137)
    assert ended["message"] == "more than 256 processes"


def test_beside_a_fork_bomb_others_go_on(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, "f() { f | f & }; f; echo lit; sleep 60; :", restartPolicy="Always")
    quiet = {"name": "c", "image": "busybox:1.36", "command": ["true"]}
    spec = {"restartPolicy": "Never", "containers": [quiet]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "quiet"}, "spec": spec}
    kubectl("create", "-f", "-", namespace=namespace, stdin=json.dumps(pod))
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/quiet", "--timeout=15s", namespace=namespace)
    kubectl("delete", "pod", "p", "--timeout=15s", namespace=namespace)


def test_many_processes_are_left_alone(kubectl: Kubectl, namespace: str) -> None:
    script = f"for i in $(seq {limits.PIDS - 20}); do sleep {3 * limits.PERIOD} & done; wait; echo done"
    create(kubectl, namespace, script)
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/p", "--timeout=60s", namespace=namespace)


def test_what_containers_write_is_bounded_and_ends_with_them(kubectl: Kubectl, namespace: str) -> None:
    """Files are memory here: they must not take the machine's, nor the cluster down."""
    create(kubectl, namespace, "dd if=/dev/zero of=/full bs=1M count=5000")
    kubectl("wait", "--for=jsonpath={.status.phase}=Failed", "pod/p", "--timeout=60s", namespace=namespace)
    assert "No space left on device" in kubectl("logs", "p", namespace=namespace).stdout
    kubectl("delete", "pod", "p", namespace=namespace)
    create(kubectl, namespace, "dd if=/dev/zero of=/some bs=1M count=100")
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/p", "--timeout=60s", namespace=namespace)
