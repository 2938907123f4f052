"""`python -m benchmarks`: how long a start, a Pod, a kubectl command and the whole lab take. Prints, asserts nothing.

Machines are noisy, so each figure is the median of several runs, and is also given as a ratio to starting a bare
Python in the same minute.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pocketkube import cluster as pocket

RUNS = 7
ROOT = Path(__file__).parent.parent
KUBECTL = Path(sys.executable).parent / "kubectl"


def main() -> None:
    bare = median(lambda: run([sys.executable, "-c", ""]))
    show("a bare Python starts and ends (the unit)", bare, bare)
    starts, stops = zip(*(start_and_stop() for _ in range(RUNS)), strict=True)
    show("pocketkube: start to nodes Ready and DNS answering", statistics.median(starts), bare)
    show("pocketkube: stop", statistics.median(stops), bare)
    with pocket.start() as running:
        command = [str(KUBECTL), "--kubeconfig", str(running.kubeconfig)]
        run([*command, "get", "--raw", "/openapi/v3"])
        show("kubectl get services", median(lambda: run([*command, "get", "services"])), bare)
        show(
            "kubectl version --client (no server at all)",
            median(lambda: run([str(KUBECTL), "version", "--client"])),
            bare,
        )
        show(
            "Pod: created to Ready, seen by the API",
            statistics.median(pod_ready(running, n) for n in range(RUNS)),
            bare,
        )
    lab = [sys.executable, "-m", "pytest", "-q", "labs/headless", "--cluster", "pocket"]
    show("pytest labs/headless, cold", median(lambda: run(lab), 3), bare)


def start_and_stop() -> tuple[float, float]:
    began = time.perf_counter()
    running = pocket.start().wait_ready()
    ready = time.perf_counter()
    running.stop()
    return ready - began, time.perf_counter() - ready


def pod_ready(running: pocket.Cluster, number: int) -> float:
    """From the request that creates it to the watch event that says Ready."""
    from kubernetes import client, config, watch  # noqa: PLC0415

    api = client.CoreV1Api(config.new_client_from_config(str(running.kubeconfig)))
    name = f"bench-{number}"
    spec = {
        "terminationGracePeriodSeconds": 0,
        "containers": [{"name": "c", "image": "busybox:1.36", "command": ["sleep", "infinity"]}],
    }
    began = time.perf_counter()
    api.create_namespaced_pod("default", {"metadata": {"name": name}, "spec": spec})
    for event in watch.Watch().stream(api.list_namespaced_pod, "default", field_selector=f"metadata.name={name}"):
        conditions = event["object"].status.conditions or []
        if any(each.type == "Ready" and each.status == "True" for each in conditions):
            return time.perf_counter() - began
    raise AssertionError("the watch ended before the Pod was Ready")


def median(measured: Callable[[], None], runs: int = RUNS) -> float:
    """Seconds, after one run that does not count."""
    measured()
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        measured()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)


def show(what: str, seconds: float, unit: float) -> None:
    print(f"{seconds:8.3f} s  {seconds / unit:7.1f} x  {what}", flush=True)


if __name__ == "__main__":
    main()
