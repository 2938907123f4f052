"""`python -m benchmarks.crowd [PODS]`: a cluster with many Pods, Services and objects. Prints, asserts nothing.

Times of the client are part of each figure: it is the official Python client.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kubernetes import client, config

from pocketkube import cluster as pocket

PODS = 100
OBJECTS = 1_000
INTERVAL = 0.02  # seconds between two looks
CONTAINER = {"name": "c", "image": "busybox:1.36", "command": ["sleep", "infinity"]}


def main() -> None:
    pods = int(sys.argv[1]) if len(sys.argv) > 1 else PODS
    with pocket.start() as running:
        running.wait_ready()
        api = client.CoreV1Api(config.new_client_from_config(str(running.kubeconfig)))
        daemon = _daemon()
        print(f"{_resident(daemon):8.1f} MiB   the daemon, empty")
        print(f"{_seconds(lambda: _deploy(api, pods)):8.2f} s     {pods} Pods of a Deployment, created to all Ready")
        print(f"{_resident(daemon):8.1f} MiB   the daemon, with {pods} Pods ({_descriptors(daemon)} descriptors)")
        for number in range(OBJECTS):
            api.create_namespaced_config_map("default", {"metadata": {"name": f"c-{number}"}, "data": {"key": "value"}})
        path = "/api/v1/namespaces/default/configmaps"
        listed = [_seconds(lambda: _raw(api, path)) for _ in range(7)]
        print(f"{statistics.median(listed) * 1000:8.1f} ms    LIST of {OBJECTS:,} ConfigMaps, as bytes")
        print(f"{_resident(daemon):8.1f} MiB   the daemon, with {pods} Pods and {OBJECTS:,} ConfigMaps")


def _deploy(api: Any, count: int) -> None:
    template = {"metadata": {"labels": {"app": "crowd"}}, "spec": {"containers": [CONTAINER]}}
    spec = {"replicas": count, "selector": {"matchLabels": {"app": "crowd"}}, "template": template}
    apps = client.AppsV1Api(api.api_client)
    apps.create_namespaced_deployment("default", {"metadata": {"name": "crowd"}, "spec": spec})
    while apps.read_namespaced_deployment_status("crowd", "default").status.ready_replicas != count:
        time.sleep(INTERVAL)


def _raw(api: Any, path: str) -> bytes:
    request = api.api_client.param_serialize("GET", path, auth_settings=["BearerToken"])
    found: bytes = api.api_client.call_api(*request).response.data
    return found


def _seconds(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return time.perf_counter() - began


def _daemon() -> int:
    """Its process id: this process has started the keeper, and that the daemon."""
    return _only_child(_only_child(os.getpid()))


def _only_child(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


def _resident(process: int) -> float:
    """MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _descriptors(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


if __name__ == "__main__":
    main()
