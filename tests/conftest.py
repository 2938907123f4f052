"""A pocketkube for the tests of each worker, and real clients to talk to it."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from kubernetes import client, config

from pocketkube import cluster as pocket
from tests import small_lab
from tests.checkout import Course

Kubectl = Callable[..., subprocess.CompletedProcess[str]]
Create = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parent.parent
KUBECTL = Path(sys.executable).parent / "kubectl"  # the pinned one: messages differ between versions
SECONDS = 90  # a command that takes longer talks to a cluster that hangs

# The same examples in each run; HYPOTHESIS_PROFILE=default looks for new ones.
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """Warnings are errors here, and only here: a student's grading must not fail of a library's warning."""
    config.addinivalue_line("filterwarnings", "error")
    # The official client leaves the sockets of exec and watch to the garbage collector.
    config.addinivalue_line("filterwarnings", "ignore:unclosed <ssl.SSLSocket:ResourceWarning")
    # A shell's background job ignores it, and so would the programs that tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests wait for their cluster a fifth of the time."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course(tmp_path)


@pytest.fixture
def small(course: Course) -> Course:
    """A course with the lab `small`."""
    small_lab.write(course.path / "labs" / "small")
    return course


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pocket.Cluster]:
    """A running cluster, shared by the tests of one worker: work in a namespace of your own."""
    with pocket.start(tmp_path_factory.mktemp("pocketkube")) as running:
        yield running


@pytest.fixture(scope="session")
def kubectl(cluster: pocket.Cluster) -> Kubectl:
    """Run real kubectl: `kubectl("get", "pods", namespace=..., stdin=...)`; fails the test unless it exits 0.

    `fails=True` for a command that is expected to.
    """

    def run(
        *arguments: str, namespace: str = "", stdin: str | None = None, fails: bool = False
    ) -> subprocess.CompletedProcess[str]:
        command = [str(KUBECTL), "--kubeconfig", str(cluster.kubeconfig), *arguments]
        if namespace:
            command[3:3] = ["--namespace", namespace]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert (done.returncode != 0) == fails, f"kubectl {' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def api(cluster: pocket.Cluster) -> Iterator[client.ApiClient]:
    """The official client."""
    with config.new_client_from_config(str(cluster.kubeconfig)) as made:
        yield made


@pytest.fixture(scope="session")
def core(api: client.ApiClient) -> client.CoreV1Api:
    """For what a test only needs to be there: a call takes 5 ms, and kubectl 60 to start."""
    return client.CoreV1Api(api)


@pytest.fixture
def namespace(core: client.CoreV1Api) -> Iterator[str]:
    """A fresh namespace, deleted afterwards without waiting for it."""
    name = f"test-{secrets.token_hex(4)}"
    core.create_namespace({"metadata": {"name": name}})
    yield name
    core.delete_namespace(name)


@pytest.fixture
def create(kubectl: Kubectl, namespace: str) -> Create:
    """`create(manifest, ..., dry_run=False, fails=False)` in the test's namespace."""

    def run(*manifests: dict[str, Any], dry_run: bool = False, fails: bool = False) -> subprocess.CompletedProcess[str]:
        text = "\n---\n".join(json.dumps(each) for each in manifests)
        options = ["--dry-run=server"] if dry_run else []
        return kubectl("create", "-f", "-", *options, namespace=namespace, stdin=text, fails=fails)

    return run


@pytest.fixture(scope="session")
def demo(kubectl: Kubectl) -> str:
    """A namespace with the headless lab's Pods, its Services and tiny-tools, all ready: look, and change nothing."""
    name = f"demo-{secrets.token_hex(4)}"
    kubectl("create", "-f", "-", stdin=f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n")
    apply_demo(kubectl, name)
    return name


def apply_demo(kubectl: Kubectl, namespace: str) -> None:
    lab = ROOT / "labs" / "headless"
    for path in (lab / "manifests", lab / "solution", ROOT / "manifests" / "tiny-tools.yaml"):
        kubectl("apply", "-f", str(path), namespace=namespace)
    kubectl("rollout", "status", "deploy/nginx", "--timeout=60s", namespace=namespace)
    kubectl("wait", "--for=condition=Ready", "pod/tiny-tools", "--timeout=60s", namespace=namespace)


@pytest.fixture
def own_demo(kubectl: Kubectl, namespace: str) -> str:
    """The same in a namespace of the test's own, to be changed."""
    apply_demo(kubectl, namespace)
    return namespace


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failed test that used the cluster shows the end of the cluster's log."""
    report: Any = yield
    running = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and isinstance(running, pocket.Cluster):
        state = "runs" if running.alive() else "has ended"
        report.sections.append((f"pocketkube {state}; its log", running.log_tail()))
    return report
