"""STATUS, READY and RESTARTS of `kubectl get pods`: the cases of printPod in k8s.io/kubernetes/pkg/printers."""

from __future__ import annotations

from typing import Any

import pytest

from pocketkube.api.tables.pod_summary import summarize

Status = dict[str, Any]
RUNNING: Status = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
READY = {"type": "Ready", "status": "True"}
INITIALIZED = {"type": "Initialized", "status": "True"}


def waiting(reason: str = "") -> Status:
    return {"waiting": {"reason": reason} if reason else {}}


def terminated(code: int = 0, reason: str = "", signal: int = 0) -> Status:
    ended: Status = {"exitCode": code}
    ended |= {"reason": reason} if reason else {}
    return {"terminated": ended | ({"signal": signal} if signal else {})}


def container(state: Status, name: str = "c", restarts: int = 0, ended: str = "", **more: Any) -> Status:
    last = {"terminated": {"exitCode": 1, "finishedAt": ended}} if ended else {}
    return {"name": name, "state": state, "lastState": last, "restartCount": restarts, "ready": False, **more}


def pod(
    *containers: Status, inits: tuple[Status, ...] = (), sidecars: str = "", leaving: bool = False, **status: Any
) -> Status:
    """`sidecars`: names of those of `inits` that are always restarted."""
    always = {"restartPolicy": "Always"}
    return {
        "metadata": {"name": "p", **({"deletionTimestamp": "2026-01-01T00:00:00Z"} if leaving else {})},
        "spec": {
            "containers": [{"name": each["name"]} for each in containers] or [{"name": "c"}],
            "initContainers": [
                {"name": each["name"], **(always if each["name"] in sidecars.split() else {})} for each in inits
            ],
        },
        "status": {
            "phase": "Running",
            "containerStatuses": list(containers),
            "initContainerStatuses": list(inits),
            **status,
        },
    }


STATUSES = [
    ("Pending", pod(phase="Pending")),
    ("Evicted", pod(phase="Failed", reason="Evicted")),
    (
        "SchedulingGated",
        pod(phase="Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]),
    ),
    ("ContainerCreating", pod(container(waiting("ContainerCreating")), phase="Pending")),
    ("CrashLoopBackOff", pod(container(waiting("CrashLoopBackOff")))),
    ("CrashLoopBackOff", pod(container(waiting("CrashLoopBackOff")), container(terminated(1, "Error"), "d"))),
    ("Error", pod(container(terminated(1, "Error")), phase="Failed")),
    ("OOMKilled", pod(container(terminated(137, "OOMKilled")))),
    ("ExitCode:3", pod(container(terminated(3)))),
    ("Signal:9", pod(container(terminated(137, signal=9)))),
    ("Completed", pod(container(terminated(reason="Completed")), phase="Succeeded")),
    ("NotReady", pod(container(terminated(reason="Completed")), container(RUNNING, "d", ready=True))),
    (
        "Running",
        pod(container(terminated(reason="Completed")), container(RUNNING, "d", ready=True), conditions=[READY]),
    ),
    ("Error", pod(container(terminated(reason="Completed")), container(terminated(1, "Error"), "d"))),
    ("Running", pod(container(RUNNING, ready=True), conditions=[READY])),
    ("Terminating", pod(container(RUNNING, ready=True), leaving=True)),
    ("Unknown", pod(container(RUNNING), leaving=True, reason="NodeLost")),
    ("Completed", pod(container(terminated(reason="Completed")), phase="Succeeded", leaving=True)),
    ("Init:0/2", pod(inits=(container(RUNNING, "i"), container(waiting(), "j")), phase="Pending")),
    (
        "Init:1/2",
        pod(inits=(container(terminated(), "i"), container(waiting("PodInitializing"), "j")), phase="Pending"),
    ),
    ("Init:Error", pod(inits=(container(terminated(1, "Error"), "i"),), phase="Pending")),
    ("Init:ExitCode:2", pod(inits=(container(terminated(2), "i"),), phase="Pending")),
    ("Init:Signal:6", pod(inits=(container(terminated(2, signal=6), "i"),), phase="Pending")),
    ("Init:CrashLoopBackOff", pod(inits=(container(waiting("CrashLoopBackOff"), "i"),), phase="Pending")),
    ("Init:ImagePullBackOff", pod(inits=(container(waiting("ImagePullBackOff"), "i"),), phase="Pending")),
    ("PodInitializing", pod(container(waiting("PodInitializing")), inits=(container(terminated(), "i"),))),
    (
        "PodInitializing",
        pod(container(waiting("PodInitializing")), inits=(container(RUNNING, "s", started=True),), sidecars="s"),
    ),
    ("Init:0/1", pod(inits=(container(RUNNING, "s", started=False),), sidecars="s", phase="Pending")),
    (
        "Init:CrashLoopBackOff",
        pod(
            container(RUNNING, ready=True),
            inits=(container(waiting("CrashLoopBackOff"), "i"),),
            conditions=[INITIALIZED, READY],
        ),
    ),
]


@pytest.mark.parametrize(("shown", "given"), [pytest.param(*each, id=each[0]) for each in STATUSES])
def test_status(shown: str, given: Status) -> None:
    assert summarize(given).status == shown


@pytest.mark.parametrize(
    ("ready", "total", "given"),
    [
        (0, 1, pod(phase="Pending")),
        (1, 2, pod(container(RUNNING, ready=True), container(RUNNING, "d"))),
        (
            2,
            2,
            pod(
                container(RUNNING, ready=True), inits=(container(RUNNING, "s", started=True, ready=True),), sidecars="s"
            ),
        ),
        (0, 2, pod(container(waiting()), inits=(container(RUNNING, "s", started=True),), sidecars="s")),
        (0, 1, pod(container(terminated(), ready=True))),
    ],
)
def test_ready(ready: int, total: int, given: Status) -> None:
    assert (summarize(given).ready, summarize(given).total) == (ready, total)


@pytest.mark.parametrize(
    ("restarts", "last", "given"),
    [
        (
            3,
            "2026-01-02",
            pod(container(RUNNING, restarts=1, ended="2026-01-01"), container(RUNNING, "d", 2, "2026-01-02")),
        ),
        (4, "2026-01-03", pod(inits=(container(waiting("CrashLoopBackOff"), "i", 4, "2026-01-03"),))),
        (1, "", pod(container(RUNNING, restarts=1), inits=(container(terminated(), "i", 4, "2026-01-03"),))),
        (
            3,
            "2026-01-03",
            pod(
                container(RUNNING, restarts=1),
                inits=(container(RUNNING, "s", 2, "2026-01-03", started=True),),
                sidecars="s",
            ),
        ),
    ],
)
def test_restarts(restarts: int, last: str, given: Status) -> None:
    assert (summarize(given).restarts, summarize(given).last_restart) == (restarts, last)
