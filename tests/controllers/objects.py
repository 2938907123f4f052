"""Objects for tests of controllers, and how they are looked at."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Kubectl

API = {
    "Job": "batch/v1",
    "CronJob": "batch/v1",
    "DaemonSet": "apps/v1",
    "Deployment": "apps/v1",
    "PodDisruptionBudget": "policy/v1",
    "ReplicaSet": "apps/v1",
}


def template(script: str = "sleep infinity", **spec: Any) -> dict[str, Any]:
    """A Pod template with a busybox that runs a script, and ends at once when it is to."""
    container = {"name": "c", "image": "busybox:1.36", "command": ["sh", "-c", script]}
    full = {"terminationGracePeriodSeconds": 0, "containers": [container], **spec}
    return {"metadata": {"labels": {"app": "a"}}, "spec": full}


def create(kubectl: Kubectl, namespace: str, kind: str, name: str = "it", **spec: Any) -> None:
    obj = {"apiVersion": API.get(kind, "v1"), "kind": kind, "metadata": {"name": name}, "spec": spec}
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(obj))


def get(kubectl: Kubectl, namespace: str, *what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kubectl("get", *what, "-o", "json", namespace=namespace).stdout)
    return found


def wait(kubectl: Kubectl, namespace: str, what: str, wanted: str) -> None:
    """`wanted`: as kubectl wait takes it after --for=."""
    kubectl("wait", f"--for={wanted}", what, "--timeout=60s", namespace=namespace)


def events(kubectl: Kubectl, namespace: str, name: str = "it") -> list[tuple[str, str, str]]:
    """(type, reason, message) of an object's events."""
    found = get(kubectl, namespace, "events", f"--field-selector=involvedObject.name={name}")["items"]
    return [(each["type"], each["reason"], each["message"]) for each in found]


def conditions(obj: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """(type, status, reason, message)"""
    return [
        (each["type"], each["status"], each.get("reason", ""), each.get("message", ""))
        for each in obj["status"].get("conditions") or ()
    ]
