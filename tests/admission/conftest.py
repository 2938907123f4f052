"""Namespaces with rules of their own, and Pods to try them on."""

from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

Kubectl = Callable[..., CompletedProcess[str]]
Create = Callable[..., CompletedProcess[str]]
CONTAINER = {"name": "c", "image": "busybox:1.36", "command": ["sleep", "infinity"]}


def pod(name: str = "p", *containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A Pod `p` with one container `c`, unless it says otherwise; each container is completed by what it leaves out."""
    full = [{**CONTAINER, **each} for each in containers or ({},)]
    spec = {"terminationGracePeriodSeconds": 0, "containers": full, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


@pytest.fixture
def create(kubectl: Kubectl, namespace: str) -> Create:
    """`create(manifest, ..., dry_run=False, fails=False)` in the test's namespace."""

    def run(*manifests: dict[str, Any], dry_run: bool = False, fails: bool = False) -> CompletedProcess[str]:
        text = "\n---\n".join(json.dumps(each) for each in manifests)
        options = ["--dry-run=server"] if dry_run else []
        return kubectl("create", "-f", "-", *options, namespace=namespace, stdin=text, fails=fails)

    return run


def refusal(done: CompletedProcess[str], what: str = 'pods "p"') -> str:
    """Why the API server forbade it, without what kubectl puts before."""
    prefix = f'Error from server (Forbidden): error when creating "STDIN": {what} is forbidden: '
    assert done.stderr.startswith(prefix), done.stderr
    return done.stderr.removeprefix(prefix).rstrip("\n")
