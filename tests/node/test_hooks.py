"""postStart and preStop, and in which order a Pod ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pocketkube.cluster import Cluster
from tests.conftest import Kubectl
from tests.node.pods import FOREVER, container, create, events, status, wait

LISTENS = "echo up; trap 'echo term; exit 0' TERM; while :; do sleep 0.02; done"
KUBECTL = Path(sys.executable).parent / "kubectl"
TO_LOG = "> /proc/1/fd/1"


def run(script: str) -> dict[str, Any]:
    return {"exec": {"command": ["sh", "-c", script]}}


def last_words(cluster: Cluster, kubectl: Kubectl, namespace: str) -> str:
    """What the container writes after its first line, while its Pod is deleted."""
    command = [str(KUBECTL), "--kubeconfig", str(cluster.kubeconfig), "-n", namespace, "logs", "-f", "p"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as log:
        assert log.stdout
        log.stdout.readline()
        kubectl("delete", "pod", "p", "--timeout=60s", namespace=namespace)
        return log.stdout.read()


def test_hooks_run_after_the_start_and_before_the_signal(cluster: Cluster, kubectl: Kubectl, namespace: str) -> None:
    lifecycle = {"postStart": run(f"echo post {TO_LOG}"), "preStop": run(f"echo pre {TO_LOG}; sleep 0.3")}
    create(kubectl, namespace, container(LISTENS, lifecycle=lifecycle), terminationGracePeriodSeconds=20)
    wait(kubectl, namespace, "Ready")
    assert last_words(cluster, kubectl, namespace) == "post\npre\nterm\n"


def test_a_container_counts_as_running_once_its_hook_is_done(kubectl: Kubectl, namespace: str) -> None:
    hook = {"postStart": run("until test -e /tmp/go; do sleep 0.02; done")}
    create(kubectl, namespace, container(lifecycle=hook), container(name="next"))
    wait(kubectl, namespace, "PodReadyToStartContainers")
    shown = status(kubectl, namespace)["containerStatuses"]
    assert [each["state"] for each in shown] == [{"waiting": {"reason": "ContainerCreating"}}] * 2
    kubectl("exec", "p", "-c", "c", "--", "touch", "/tmp/go", namespace=namespace)
    wait(kubectl, namespace, "Ready")


def test_a_failed_start_hook_ends_the_container(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container(lifecycle={"postStart": run("exit 3")}))
    wait(kubectl, namespace, "phase=Failed")
    found = events(kubectl, namespace)
    assert ("Warning", "FailedPostStartHook", "PostStartHook failed") in found
    assert ("Normal", "Killing", "FailedPostStartHook") in found


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(run("exit 3"), id="exit-code"),
        pytest.param(run("no-such-program"), id="no-program"),
        pytest.param({"httpGet": {"port": 81}}, id="http"),
    ],
)
def test_a_failed_stop_hook_is_told_and_the_container_ends(
    cluster: Cluster, kubectl: Kubectl, namespace: str, handler: dict[str, Any]
) -> None:
    create(kubectl, namespace, container(LISTENS, lifecycle={"preStop": handler}), terminationGracePeriodSeconds=20)
    wait(kubectl, namespace, "Ready")
    assert last_words(cluster, kubectl, namespace) == "term\n"
    assert ("Warning", "FailedPreStopHook", "PreStopHook failed") in events(kubectl, namespace)


def test_a_hook_may_sleep_or_ask_for_a_page(cluster: Cluster, kubectl: Kubectl, namespace: str) -> None:
    nginx = {"name": "c", "image": "nginx:1.29"}
    lifecycle = {"postStart": {"sleep": {"seconds": 1}}, "preStop": {"httpGet": {"port": 80, "path": "/bye"}}}
    create(kubectl, namespace, {**nginx, "lifecycle": lifecycle}, terminationGracePeriodSeconds=20)
    wait(kubectl, namespace, "Ready")
    assert '"GET /bye HTTP/1.1" 404' in last_words(cluster, kubectl, namespace)


def test_force_does_not_wait_for_a_hook(kubectl: Kubectl, namespace: str) -> None:
    create(
        kubectl,
        namespace,
        container(lifecycle={"preStop": {"sleep": {"seconds": 60}}}),
        terminationGracePeriodSeconds=60,
    )
    wait(kubectl, namespace, "Ready")
    kubectl("delete", "pod", "p", "--wait=false", namespace=namespace)
    kubectl("delete", "pod", "p", "--force", "--grace-period=0", "--timeout=60s", namespace=namespace)


def test_the_stop_signal_may_be_another(cluster: Cluster, kubectl: Kubectl, namespace: str) -> None:
    script = "echo up; trap 'echo usr1; exit 0' USR1; while :; do sleep 0.02; done"
    lifecycle = {"stopSignal": "SIGUSR1"}
    create(
        kubectl,
        namespace,
        container(script, lifecycle=lifecycle),
        terminationGracePeriodSeconds=20,
        os={"name": "linux"},
    )
    wait(kubectl, namespace, "Ready")
    assert last_words(cluster, kubectl, namespace) == "usr1\n"


def test_a_pod_has_no_longer_than_its_deadline(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container(FOREVER), activeDeadlineSeconds=1)
    wait(kubectl, namespace, "phase=Failed")
    found = status(kubectl, namespace)
    assert found["reason"] == "DeadlineExceeded"
    assert found["message"] == "Pod was active on the node longer than the specified deadline"
