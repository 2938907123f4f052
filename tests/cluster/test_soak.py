"""Much comes and goes, again and again: nothing of it is left in the daemon."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client, config, watch

from pocketkube import cluster as pocket

PODS, SERVICES, EVENTS = 300, 50, 1_000
NAMESPACE = "default"
SECONDS = 60  # until so many Pods have come, or gone
CONTAINER = {"name": "c", "image": "busybox:1.36", "command": ["sleep", "infinity"]}
TEMPLATE = {
    "metadata": {"labels": {"app": "soak"}},
    "spec": {"terminationGracePeriodSeconds": 0, "containers": [CONTAINER]},
}


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds: descriptors, and resident memory in MiB."""

    descriptors: int
    memory: float


@pytest.mark.timeout(300)
def test_nothing_is_left_of_what_came_and_went(tmp_path: Path) -> None:
    directory = tmp_path / "cluster"
    directory.mkdir(mode=0o700)
    with pocket.start(directory) as running:
        api = client.CoreV1Api(config.new_client_from_config(str(running.kubeconfig)))
        empty = held_by_daemon()
        for _ in range(3):
            _come_and_go(api)  # fills what is kept: the history that watches resume from, schemas
        _wait_for(lambda: held_by_daemon().descriptors <= empty.descriptors + 5, "descriptors are closed")
        first = held_by_daemon()
        for _ in range(2):
            _come_and_go(api)
        _wait_for(lambda: held_by_daemon().descriptors <= first.descriptors, "descriptors are closed")
        assert held_by_daemon().memory < first.memory * 1.15


def _come_and_go(api: Any) -> None:
    apps = client.AppsV1Api(api.api_client)
    spec = {"replicas": PODS, "selector": {"matchLabels": {"app": "soak"}}, "template": TEMPLATE}
    version = api.list_namespaced_pod(NAMESPACE).metadata.resource_version
    apps.create_namespaced_deployment(NAMESPACE, {"metadata": {"name": "soak"}, "spec": spec})
    for number in range(SERVICES):
        port = {"port": 80 + number}
        service = {"metadata": {"name": f"soak-{number}"}, "spec": {"selector": {"app": "soak"}, "ports": [port]}}
        api.create_namespaced_service(NAMESPACE, service)
    _wait_for(lambda: _ready(apps) == PODS, f"{PODS} Pods are ready")
    assert _events(api, version) == EVENTS
    apps.delete_namespaced_deployment("soak", NAMESPACE, propagation_policy="Background")
    api.delete_collection_namespaced_service(NAMESPACE, label_selector="!provider")
    _wait_for(lambda: not api.list_namespaced_pod(NAMESPACE).items, "every Pod is gone")
    api.delete_collection_namespaced_event(NAMESPACE)  # they would stay for an hour


def _ready(apps: Any) -> int:
    return apps.read_namespaced_deployment_status("soak", NAMESPACE).status.ready_replicas or 0


def _events(api: Any, version: str) -> int:
    """Watch events since `version`, until there have been EVENTS."""
    stream = watch.Watch().stream(
        api.list_namespaced_pod, NAMESPACE, resource_version=version, timeout_seconds=10, _preload_content=True
    )
    count = 0
    for count, _ in enumerate(stream, start=1):
        if count == EVENTS:
            break
    return count


def _wait_for(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, f"not within {SECONDS} s: {what}"
        time.sleep(0.1)


def held_by_daemon() -> Held:
    """The daemon is the child of the keeper, the last process that this one started."""
    daemon = _last_child(_last_child(os.getpid()))
    status = Path(f"/proc/{daemon}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return Held(len(list(Path(f"/proc/{daemon}/fd").iterdir())), int(resident.split()[1]) / 1024)


def _last_child(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[-1])
