"""kind, through pytest-kind: https://kind.sigs.k8s.io https://codeberg.org/hjacobs/pytest-kind"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import pytest
import sh
from pytest_kind import KindCluster

from graders.clusters import NoCluster, RunningCluster

CONFIG = Path(__file__).parent.parent.parent / "manifests" / "kind-cluster.yaml"
IMAGES = ("nginx:1.29", "busybox:1.36", "giantswarm/tiny-tools:latest")
NODE_IMAGE = "kindest/node"
SECONDS = 10  # for a question to the container engine
READY_SECONDS = 180


def readiness() -> str:
    """Why kind can be used without any download; "" when it cannot."""
    if not shutil.which("kind") or not shutil.which("docker"):
        return ""
    if _ours():
        return "a kind cluster of ours runs"
    try:
        held = str(sh.docker("image", "ls", "--quiet", NODE_IMAGE, _timeout=SECONDS)).strip()
    except (sh.ErrorReturnCode, sh.TimeoutException):
        return ""
    return "Docker answers and holds kind's node image" if held else ""


def start(config: pytest.Config, why: str) -> RunningCluster:
    """A cluster of this run's own, or the one of --cluster-name; NoCluster with the remedy when it cannot be."""
    for tool, remedy in (
        ("docker", "Install a Docker engine and start it"),
        ("kind", "Install kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation"),
    ):
        given = config.getoption("kind_bin", None) if tool == "kind" else None
        if not given and not shutil.which(tool):
            raise NoCluster(
                f"--cluster kind needs {tool}, which is not on the PATH. {remedy}, or use --cluster pocket."
            )
    try:
        sh.docker("info", _timeout=SECONDS)
    except (sh.ErrorReturnCode, sh.TimeoutException) as error:
        raise NoCluster(
            "No Docker engine answers. Start it (docker info shows why), or use --cluster pocket."
        ) from error
    name = _name(config)
    existed = name in _names()
    cluster = KindCluster(
        name,
        image=config.getoption("kind_image", None),
        kind_path=Path(config.getoption("kind_bin", None) or str(shutil.which("kind"))),
        kubectl_path=Path(config.getoption("kind_kubectl_bin", None) or str(shutil.which("kubectl"))),
    )
    keep = bool(config.getoption("keep_cluster", False))

    def stop() -> None:
        if not existed and not keep:
            cluster.delete()

    def wait() -> None:
        try:
            cluster.create(str(CONFIG))
            for image in IMAGES:
                if sh.docker("image", "ls", "--quiet", image, _timeout=SECONDS).strip():
                    cluster.load_docker_image(image)
            cluster.kubectl("wait", "--for=condition=Ready", "nodes", "--all", f"--timeout={READY_SECONDS}s")
            ready = ("rollout", "status", "deployment/coredns", f"--timeout={READY_SECONDS}s")
            cluster.kubectl("--namespace", "kube-system", *ready)
        except Exception as error:
            stop()
            raise NoCluster(f"kind could not make the cluster {name}: {error}") from error

    return RunningCluster(
        f"kind ({name})", why, Path(cluster.kubeconfig_path), f"kind-{name}", ours=not existed, wait=wait, stop=stop
    )


def _name(config: pytest.Config) -> str:
    """pytest-kind's --cluster-name where it is set; else one for this run, as two runs must not share a cluster."""
    given = config.getoption("cluster_name", None)
    if given and given != "pytest-kind":
        return str(given)
    return f"service-labs-{secrets.token_hex(3)}"


def _names() -> list[str]:
    try:
        return str(sh.kind("get", "clusters", _timeout=SECONDS)).split()
    except (sh.ErrorReturnCode, sh.TimeoutException, sh.CommandNotFound):
        return []


def _ours() -> bool:
    return any(name.startswith("service-labs") for name in _names())
