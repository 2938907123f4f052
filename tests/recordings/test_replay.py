"""pocketkube answers kubectl as a real Kubernetes 1.36 did: see transcript.py for what may differ."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from pocketkube import cluster as pocket
from tests.conftest import KUBECTL, Kubectl
from tests.recordings import mistakes
from tests.recordings.replay import TUTORIAL, Replay
from tests.recordings.transcript import read


@pytest.fixture
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    """A cluster of its own: the recording is of the namespace `default`."""
    with pocket.start(tmp_path_factory.mktemp("replay")) as running:
        prepared = Replay(running.kubeconfig)
        prepared.prepare()
        yield prepared


def test_tutorial(replay: Replay) -> None:
    found = [f"$ {step.command}\n" + "\n".join(lines) for step, lines in replay.differences(read(TUTORIAL))]
    assert not found, "\n\n".join(found)


@pytest.fixture(scope="session")
def taken_node_port(kubectl: Kubectl) -> None:
    """The Service that one of the mistakes collides with."""
    kubectl("create", "namespace", "taken")
    kubectl("create", "service", "nodeport", "taken", "--tcp=80", "--node-port=30506", namespace="taken")


@pytest.fixture
def context(cluster: pocket.Cluster, namespace: str, tmp_path: Path) -> Path:
    """A kubeconfig whose namespace is a fresh one: with --namespace kubectl itself refuses other namespaces."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    config["contexts"][0]["context"]["namespace"] = namespace
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    return tmp_path / "kubeconfig"


@pytest.mark.parametrize("mistake", [pytest.param(each, id=each.id) for each in mistakes.read()])
@pytest.mark.usefixtures("taken_node_port")
def test_mistake(context: Path, namespace: str, mistake: mistakes.Mistake) -> None:
    command = [KUBECTL, "--kubeconfig", context, "apply", "-f", "-"]
    done = subprocess.run(command, input=mistake.manifest, capture_output=True, text=True, timeout=20, check=False)
    wanted = mistake.answer.replace('Namespace: "default"', f'Namespace: "{namespace}"')
    assert done.stdout + done.stderr == wanted
    assert done.returncode == mistake.status
