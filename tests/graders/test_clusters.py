"""Which cluster a grading takes, and what it says when it cannot have the one that was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from graders.clusters import NoCluster, existing, kind
from pocketkube.cluster import CONTEXT, Cluster

ROOT = Path(__file__).parent.parent.parent


def program(directory: Path, name: str, script: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def grade(*options: str, path: str = "/usr/bin:/bin") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "labs/headless", "-p", "no:cacheprovider", *options]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
    )


@pytest.mark.parametrize(
    ("programs", "says"),
    [
        pytest.param({}, "--cluster kind needs kind, which is not on the PATH", id="no-kind"),
        pytest.param({"kind": "exit 0"}, "needs a Docker engine, and docker is not on the PATH", id="no-docker"),
        pytest.param({"kind": "exit 0", "docker": "exit 1"}, "no Docker engine answers", id="docker-is-down"),
    ],
)
def test_kind_without_its_tools(programs: dict[str, str], says: str, tmp_path: Path) -> None:
    for name, script in programs.items():
        program(tmp_path, name, script)
    done = grade("--cluster", "kind", path=f"{tmp_path}:/bin-that-is-empty")
    assert done.returncode == 7
    assert says in done.stdout
    assert "--cluster pocket" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_auto_takes_pocket_where_docker_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "kind", "exit 0")
    program(tmp_path, "docker", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert kind.readiness() == ""


def test_the_kind_cluster_has_three_nodes() -> None:
    config = yaml.safe_load(kind.CONFIG.read_text())
    assert [node["role"] for node in config["nodes"]] == ["control-plane", "worker", "worker"]


@pytest.mark.parametrize(
    ("kubeconfig", "context", "says"),
    [
        pytest.param(None, "a", "a context is never guessed", id="no-kubeconfig"),
        pytest.param("{contexts: [{name: a}]}", None, "a context is never guessed", id="no-context"),
        pytest.param("{contexts: [{name: a}, {name: b}]}", "c", "has no context 'c'. It has: a, b.", id="other"),
        pytest.param("contexts", "c", "is no kubeconfig that can be read", id="no-mapping"),
        pytest.param("{", "c", "is no kubeconfig that can be read: line 1: ", id="no-yaml"),
        pytest.param("# A\n| a | `b` |\n", "c", "is no kubeconfig that can be read: line 2: ", id="markdown"),
        pytest.param("\xe9", "c", "is no kubeconfig that can be read: it is no text", id="latin-1"),
        pytest.param("\x00", "c", "is no kubeconfig that can be read: it is no text", id="binary"),
        pytest.param("{contexts: [{name: a}]}", "a", "its context 'a' leads to no cluster", id="context-alone"),
        pytest.param(
            "{contexts: [{name: a, context: {cluster: b}}], clusters: [{name: c, cluster: {server: x}}]}",
            "a",
            "its context 'a' leads to no cluster",
            id="no-cluster",
        ),
    ],
)
def test_existing_is_named_by_the_user(kubeconfig: str | None, context: str | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "config"
    if kubeconfig:
        path.write_text(kubeconfig, encoding="latin-1")
    with pytest.raises(NoCluster) as caught:
        existing.connect(str(path) if kubeconfig else None, context)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_existing_that_is_gone_is_an_error_and_no_score(cluster: Cluster, tmp_path: Path) -> None:
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(config))
    done = grade("--cluster", "existing", "--kubeconfig", str(path), "--context", CONTEXT)
    assert done.returncode == 7
    assert "the cluster does not answer" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_existing_is_left_as_it_was(cluster: Cluster) -> None:
    options = ("--cluster", "existing", "--kubeconfig", str(cluster.kubeconfig), "--context", CONTEXT)
    done = grade(*options)
    assert "Score: 10/10" in done.stdout, done.stdout
    command = [str(Path(sys.executable).parent / "kubectl"), "--kubeconfig", str(cluster.kubeconfig)]
    left = subprocess.run(
        [*command, "get", "namespaces", "-o", "jsonpath={.items[?(@.status.phase=='Active')].metadata.name}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert "lab-headless" not in left.stdout
