"""kind, through pytest-kind: https://kind.sigs.k8s.io and https://pypi.org/project/pytest-kind/

pytest-kind downloads old binaries unless it is given some, re-uses a cluster of the same name, and passes no
configuration by itself: hence the care below.
"""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sh
from pytest_kind import KindCluster

from graders.clusters import NoCluster, RunningCluster

CONFIG = Path(__file__).parent.parent.parent / "manifests" / "kind-cluster.yaml"
IMAGES = ("nginx:1.29", "busybox:1.36", "giantswarm/tiny-tools:latest")
NODE_IMAGE = "kindest/node"
OURS = "service-labs"
PYTEST_KINDS_OWN = "pytest-kind"  # --cluster-name where the user has set none
ENGINE_SECONDS = 10
READY_SECONDS = 180
POCKET = "or use the embedded cluster: --cluster pocket"


def readiness() -> str:
    """Why kind can be used without any download; "" when it cannot."""
    if not shutil.which("kind") or not shutil.which("docker") or not _engine_answers():
        return ""
    if _running_cluster_of_ours():
        return "a kind cluster of ours runs"
    held = str(sh.docker("image", "ls", "--quiet", NODE_IMAGE, _timeout=ENGINE_SECONDS)).strip()
    return "Docker answers and holds kind's node image" if held else ""


def start(config: pytest.Config, why: str) -> RunningCluster:
    """The cluster named with --cluster-name, the one of ours that runs, or a new one; it is ready after `wait`.

    NoCluster with the remedy when a tool or the engine is missing. Only what this call creates is deleted.
    """
    kind = config.getoption("--kind-bin") or shutil.which("kind")
    if not kind:
        install = "https://kind.sigs.k8s.io/docs/user/quick-start/#installation"
        raise NoCluster(f"--cluster kind needs kind, which is not on the PATH. Install it ({install}), {POCKET}.")
    if not shutil.which("docker"):
        raise NoCluster(f"--cluster kind needs a Docker engine, and docker is not on the PATH. Install one, {POCKET}.")
    if not _engine_answers():
        raise NoCluster(f"--cluster kind: no Docker engine answers. Start it (`docker info` says why not), {POCKET}.")
    given = config.getoption("--cluster-name")
    name = given if given != PYTEST_KINDS_OWN else _running_cluster_of_ours() or f"{OURS}-{secrets.token_hex(3)}"
    existed = name in _clusters()
    kubeconfig = config.getoption("--kubeconfig")
    kubectl = (
        config.getoption("--kind-kubectl-bin") or shutil.which("kubectl") or Path(sys.executable).parent / "kubectl"
    )
    cluster = KindCluster(
        name,
        Path(kubeconfig) if kubeconfig else None,
        image=config.getoption("--kind-image"),
        kind_path=Path(kind),
        kubectl_path=Path(kubectl),
    )
    temporary = not existed and not config.getoption("--keep-cluster")
    return RunningCluster(
        name=f"kind ({name})",
        why=why,
        kubeconfig=Path(cluster.kubeconfig_path).resolve(),
        context=f"kind-{name}",
        ours=temporary,
        wait=_bringing_up(cluster, existed=existed),
        stop=cluster.delete if temporary else lambda: None,
    )


def _bringing_up(cluster: KindCluster, *, existed: bool) -> Callable[[], None]:
    def wait() -> None:
        try:
            if existed:  # pytest-kind would find an empty kubeconfig
                sh.kind("export", "kubeconfig", "--name", cluster.name, "--kubeconfig", str(cluster.kubeconfig_path))
            cluster.create(CONFIG)
            for image in IMAGES:
                if str(sh.docker("image", "ls", "--quiet", image, _timeout=ENGINE_SECONDS)).strip():
                    cluster.load_docker_image(image)
            cluster.kubectl("wait", "--for=condition=Ready", "nodes", "--all", f"--timeout={READY_SECONDS}s")
        except Exception as error:  # whatever kind, docker or pytest-kind raise: it is no fault of the student's
            raise NoCluster(f"the kind cluster {cluster.name} could not be brought up: {error}") from error

    return wait


def _engine_answers() -> bool:
    try:
        sh.docker("info", _timeout=ENGINE_SECONDS)
    except (sh.ErrorReturnCode, sh.TimeoutException):
        return False
    return True


def _clusters() -> list[str]:
    return str(sh.kind("get", "clusters", _timeout=ENGINE_SECONDS)).split()


def _running_cluster_of_ours() -> str:
    return next((name for name in _clusters() if name.startswith(OURS)), "")
