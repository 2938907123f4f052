"""Where a document is carried out: a namespace, what is given in it, and a directory."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graders.api import Refused, call
from graders.clusters import RunningCluster
from graders.clusters.kubeconfig import in_namespace, kubectl, write
from graders.course.document import scratch
from graders.course.document.declared import Declared
from graders.lab import SHARED, Lab
from graders.run import Run
from graders.upstream import Upstream
from graders.verdict import GraderError

READY = "60s"
SECONDS = 90  # a kubectl that takes longer hangs


@dataclass(frozen=True, slots=True)
class Place:
    """`environment`: of the reader's shell. `manifests`: files that say what the cluster did not choose itself."""

    namespace: str
    directory: Path
    environment: dict[str, str]
    manifests: tuple[Path, ...]
    nodes: tuple[str, ...]


@contextmanager
def place(cluster: RunningCluster, declared: Declared, lab: Lab | None) -> Iterator[Place]:
    """`lab`: whose README it is; then its own objects are given. GraderError where it cannot be prepared."""
    namespace = f"doc-{secrets.token_hex(4)}"
    given = _lab_given(cluster, lab, namespace) if lab else _given(cluster, declared, namespace)
    with _told(), given, tempfile.TemporaryDirectory(prefix="labs-") as directory:
        base = Path(directory).resolve()
        work = base / "work"
        work.mkdir()
        config = base / "kubeconfig"
        write(config, in_namespace(cluster, namespace))
        environment = _environment(config)
        manifests = declared.given
        if lab:
            scratch.of_course(work, lab)
            environment |= scratch.environment(work)
            own = [path for part in ("manifests", "starter", "solution") for path in (lab.directory / part).iterdir()]
            manifests = (SHARED / "tiny-tools.yaml", *own)
        nodes = [each["metadata"]["name"] for each in call(cluster.api, "GET", "/api/v1/nodes")["items"]]
        try:
            yield Place(namespace, work, environment, manifests, tuple(nodes))
        finally:
            scratch.end_cluster(work, environment)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except Refused as error:
        raise GraderError(f"what a document needs cannot be had: {error}") from error


@contextmanager
def _lab_given(cluster: RunningCluster, lab: Lab, namespace: str) -> Iterator[None]:
    if lab.upstream and not cluster.dns_may_change:
        raise GraderError(f"{lab.directory}/README.md: this lab plays {', '.join(lab.upstream)}. Add --change-dns.")
    run = Run(lab, [], namespace)
    try:
        run.begin(cluster)
        yield
    finally:
        run.end()


@contextmanager
def _given(cluster: RunningCluster, declared: Declared, namespace: str) -> Iterator[None]:
    outside = f"{namespace}-outside"
    upstream: Upstream | None = None
    if declared.names and not cluster.dns_may_change:
        raise GraderError(f"{declared.file}: this document plays {', '.join(declared.names)}. Add --change-dns.")
    try:
        _apply(cluster, namespace, declared.given)
        if declared.names:
            _apply(cluster, outside, declared.outside)
            addresses = {
                name: str(_service(cluster, outside, service, declared)["spec"]["clusterIP"])
                for name, service in declared.names.items()
            }
            upstream = Upstream(cluster.kubeconfig, cluster.context, addresses)
        yield
    finally:
        try:
            if upstream:
                upstream.restore()
        finally:
            for name in (namespace, *([outside] if declared.names else ())):
                call(cluster.api, "DELETE", f"/api/v1/namespaces/{name}")


def _apply(cluster: RunningCluster, namespace: str, manifests: Sequence[Path]) -> None:
    """Into a new namespace; returns when every Pod is ready."""
    call(cluster.api, "POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    with tempfile.TemporaryDirectory(prefix="labs-") as directory:
        config = Path(directory, "kubeconfig")
        write(config, in_namespace(cluster, namespace))
        _kubectl(config, "wait", "--for=create", "serviceaccount/default", f"--timeout={READY}")
        for manifest in manifests:
            _kubectl(config, "apply", "-f", str(manifest))
        if manifests:
            _kubectl(config, "wait", "--for=condition=Available", "deployment", "--all", f"--timeout={READY}")


def _service(cluster: RunningCluster, namespace: str, name: str, declared: Declared) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] | None = call(
        cluster.api, "GET", f"/api/v1/namespaces/{namespace}/services/{name}"
    )
    if found is None:
        raise GraderError(f"{declared.file}: `names` has the Service {name}, which `outside` does not give")
    return found


def _kubectl(config: Path, *words: str) -> None:
    command = [str(kubectl()), "--kubeconfig", str(config), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise GraderError(f"what is given cannot be had: kubectl {words[0]} did not end within {SECONDS} s") from error
    if done.returncode:
        raise GraderError(f"what is given cannot be had: kubectl {' '.join(words)}: {done.stderr.strip()}")


def _environment(config: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    own = str(Path(sys.executable).parent)
    shown = {"TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "120"}
    return {**kept, **shown, "KUBECONFIG": str(config), "PATH": f"{own}:{kept.get('PATH', '')}"}
