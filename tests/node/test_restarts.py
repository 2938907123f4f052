"""Who runs again and when: restart policies, back-off, sidecars, another image in place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pocketkube.node.backoff import Backoff, duration
from pocketkube.node.restarts import runs_again
from tests.conftest import Kubectl
from tests.node.pods import container, create, events, output, status, wait

RULE = {"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}


@pytest.mark.parametrize(
    ("pod_policy", "fields", "code", "init", "again"),
    [
        ("Always", {}, 0, False, True),
        ("Always", {}, 1, False, True),
        ("OnFailure", {}, 0, False, False),
        ("OnFailure", {}, 1, False, True),
        ("Never", {}, 1, False, False),
        ("Always", {}, 0, True, False),
        ("Always", {}, 1, True, True),
        ("OnFailure", {}, 1, True, True),
        ("Never", {}, 1, True, False),
        ("Never", {"restartPolicy": "Always"}, 0, True, True),
        ("Never", {"restartPolicy": "OnFailure"}, 1, False, True),
        ("Always", {"restartPolicy": "Never"}, 1, False, False),
        ("Never", {"restartPolicy": "Never", "restartPolicyRules": [RULE]}, 42, False, True),
        ("Never", {"restartPolicy": "Never", "restartPolicyRules": [RULE]}, 1, False, False),
    ],
)
def test_the_policy(pod_policy: str, fields: dict[str, Any], code: int, init: bool, again: bool) -> None:
    spec = {"restartPolicy": pod_policy}
    assert runs_again(spec, {"name": "c", **fields}, code, init=init) is again


def test_the_back_off_doubles_up_to_five_minutes_and_forgets() -> None:
    backoff = Backoff()
    assert [backoff.take(1) for _ in range(8)] == [0, 10, 20, 40, 80, 160, 300, 300]
    assert [backoff.take(601), backoff.take(1)] == [0, 10]
    assert [duration(10), duration(80), duration(300)] == ["10s", "1m20s", "5m0s"]


def test_a_crash_loop(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container("echo boom; exit 3"), restartPolicy="Always")
    wait(kubectl, namespace, "containerStatuses[0].state.waiting.reason=CrashLoopBackOff")
    shown = status(kubectl, namespace)
    (state,) = shown["containerStatuses"]
    uid = kubectl("get", "pod", "p", "-o", "jsonpath={.metadata.uid}", namespace=namespace).stdout
    full = f"p_{namespace}({uid})"
    assert shown["phase"] == "Running"
    assert state["restartCount"] == 1
    assert state["state"]["waiting"]["message"] == f"back-off 10s restarting failed container=c pod={full}"
    assert (state["lastState"]["terminated"]["exitCode"], state["lastState"]["terminated"]["reason"]) == (3, "Error")
    back_off = ("Warning", "BackOff", f"Back-off restarting failed container c in pod {full}")
    assert back_off in events(kubectl, namespace)
    assert kubectl("logs", "p", "--previous", namespace=namespace).stdout == "boom\n"
    assert " CrashLoopBackOff   1 (" in kubectl("get", "pod", "p", namespace=namespace).stdout


def test_a_program_that_is_not_there(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, {"name": "c", "image": "busybox:1.36", "command": ["nosuch"]})
    wait(kubectl, namespace, "phase=Failed")
    ended = status(kubectl, namespace)["containerStatuses"][0]["state"]["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("StartError", 128)
    assert ended["startedAt"] == "1970-01-01T00:00:00Z"
    assert ended["containerID"].startswith("containerd://")
    assert kubectl("logs", "p", namespace=namespace).stdout == ""
    assert ended["message"] == (
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
        'unable to start container process: error during container init: exec: "nosuch": executable file not found in '
        "$PATH"
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({}, "from the file", id="file"),
        pytest.param({"terminationMessagePath": "/tmp/why"}, "", id="another-file"),
        pytest.param({"terminationMessagePolicy": "FallbackToLogsOnError"}, "from the file", id="file-goes-first"),
    ],
)
def test_the_termination_message(kubectl: Kubectl, namespace: str, fields: dict[str, Any], message: str) -> None:
    script = "echo log; printf 'from the file' > /dev/termination-log; exit 1"
    create(kubectl, namespace, container(script, **fields))
    wait(kubectl, namespace, "phase=Failed")
    ended = status(kubectl, namespace)["containerStatuses"][0]["state"]["terminated"]
    assert ended.get("message", "") == message


def test_the_log_is_the_message_where_the_policy_says_so(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container("echo why; exit 1", terminationMessagePolicy="FallbackToLogsOnError"))
    wait(kubectl, namespace, "phase=Failed")
    assert status(kubectl, namespace)["containerStatuses"][0]["state"]["terminated"]["message"] == "why\n"


def test_another_image_in_place(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container())
    wait(kubectl, namespace, "Ready")
    kubectl("set", "image", "pod/p", "c=busybox:1.37", namespace=namespace)
    wait(kubectl, namespace, "containerStatuses[0].image=busybox:1.37")
    wait(kubectl, namespace, "containerStatuses[0].restartCount=1")
    wait(kubectl, namespace, "Ready")
    assert ("Normal", "Killing", "Container c definition changed, will be restarted") in events(kubectl, namespace)


SIDECAR = "trap 'echo bye; exit 0' TERM; touch /shared/up; while :; do sleep 0.02; done"
SHARED = [{"name": "shared", "mountPath": "/shared"}]


def test_a_sidecar_starts_first_and_ends_last(kubectl: Kubectl, namespace: str) -> None:
    sidecar = container(
        SIDECAR,
        name="side",
        restartPolicy="Always",
        volumeMounts=SHARED,
        startupProbe={"exec": {"command": ["cat", "/shared/up"]}, "periodSeconds": 1, "failureThreshold": 30},
    )
    create(
        kubectl,
        namespace,
        container("ls /shared; sleep 0.5", volumeMounts=SHARED),
        initContainers=[sidecar, container("test -e /shared/up", name="init", volumeMounts=SHARED)],
        volumes=[{"name": "shared", "emptyDir": {}}],
        terminationGracePeriodSeconds=20,
    )
    wait(kubectl, namespace, "Ready")
    assert kubectl("get", "pod", "p", "--no-headers", namespace=namespace).stdout.split()[1:3] == ["2/2", "Running"]
    assert output(kubectl, namespace) == "up\n"
    assert kubectl("logs", "p", "-c", "side", namespace=namespace).stdout == "bye\n"
    wait(kubectl, namespace, "initContainerStatuses[0].state.terminated.exitCode=0")


def test_what_the_conditions_say_of_a_pod_that_is_over(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container("exit 0"))
    wait(kubectl, namespace, "phase=Succeeded")
    wait(kubectl, namespace, "conditions[0].status=False")
    shown = {each["type"]: (each["status"], each.get("reason")) for each in status(kubectl, namespace)["conditions"]}
    assert shown == {
        "PodReadyToStartContainers": ("False", None),
        "Initialized": ("True", "PodCompleted"),
        "Ready": ("False", "PodCompleted"),
        "ContainersReady": ("False", "PodCompleted"),
        "PodScheduled": ("True", None),
    }


def test_a_finalizer_keeps_what_has_ended(kubectl: Kubectl, namespace: str) -> None:
    """The end of its containers shortens its grace, which is counted from the beginning, and is no new generation."""
    held = {"metadata": {"finalizers": ["example.com/hold"]}}
    create(kubectl, namespace, container(), terminationGracePeriodSeconds=60)
    wait(kubectl, namespace, "Ready")
    kubectl("patch", "pod", "p", "--type=merge", "-p", json.dumps(held), namespace=namespace)
    kubectl("delete", "pod", "p", "--wait=false", "--grace-period=1", namespace=namespace)
    gone = "--for=jsonpath={.metadata.deletionGracePeriodSeconds}=0"
    kubectl("wait", gone, "pod/p", "--timeout=60s", namespace=namespace)
    found = json.loads(kubectl("get", "pod", "p", "-o", "json", namespace=namespace).stdout)
    assert found["metadata"]["generation"] == 2
    assert {each["observedGeneration"] for each in found["status"]["conditions"]} == {2}
    kubectl("patch", "pod", "p", "--type=merge", "-p", '{"metadata":{"finalizers":null}}', namespace=namespace)
    kubectl("wait", "--for=delete", "pod/p", "--timeout=60s", namespace=namespace)
