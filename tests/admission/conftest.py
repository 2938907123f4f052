"""Pods to try the rules of a namespace on, and what it says of them."""

from __future__ import annotations

from subprocess import CompletedProcess
from typing import Any

CONTAINER = {"name": "c", "image": "busybox:1.36", "command": ["sleep", "infinity"]}


def pod(name: str = "p", *containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """A Pod `p` with one container `c`, unless it says otherwise; each container is completed by what it leaves out."""
    full = [{**CONTAINER, **each} for each in containers or ({},)]
    spec = {"terminationGracePeriodSeconds": 0, "containers": full, **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def refusal(done: CompletedProcess[str], what: str = 'pods "p"') -> str:
    """Why the API server forbade it, without what kubectl puts before."""
    prefix = f'Error from server (Forbidden): error when creating "STDIN": {what} is forbidden: '
    assert done.stderr.startswith(prefix), done.stderr
    return done.stderr.removeprefix(prefix).rstrip("\n")
