"""Pods for tests: written in a line, watched until they are as they should be."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Kubectl

FOREVER = "sleep infinity"


def container(script: str = FOREVER, name: str = "c", **fields: Any) -> dict[str, Any]:
    """busybox with a shell script."""
    return {"name": name, "image": "busybox:1.36", "command": ["sh", "-c", script], **fields}


def create(kubectl: Kubectl, namespace: str, *containers: dict[str, Any], name: str = "p", **spec: Any) -> None:
    """A Pod that is not restarted and goes at once, unless `spec` says otherwise."""
    full = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": list(containers), **spec}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}}, "spec": full}
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(pod))


def wait(kubectl: Kubectl, namespace: str, what: str, name: str = "p") -> None:
    """Until a JSON path has a value, `phase=Running`, or a condition is true, `Ready`."""
    wanted = f"jsonpath={{.status.{what.replace('=', '}=', 1)}" if "=" in what else f"condition={what}"
    kubectl("wait", f"--for={wanted}", f"pod/{name}", "--timeout=60s", namespace=namespace)


def status(kubectl: Kubectl, namespace: str, name: str = "p") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kubectl("get", "pod", name, "-o", "json", namespace=namespace).stdout)
    return found["status"]


def output(kubectl: Kubectl, namespace: str, phase: str = "Succeeded") -> str:
    """What the first container of a Pod that ends wrote."""
    wait(kubectl, namespace, f"phase={phase}")
    return kubectl("logs", "p", namespace=namespace).stdout


def events(kubectl: Kubectl, namespace: str, name: str = "p") -> list[tuple[str, str, str]]:
    """(type, reason, message) of a Pod's events."""
    chosen = f"--field-selector=involvedObject.name={name}"
    found = json.loads(kubectl("get", "events", chosen, "-o", "json", namespace=namespace).stdout)["items"]
    return [(each["type"], each["reason"], each["message"]) for each in found]


def wait_for_event(kubectl: Kubectl, namespace: str, reason: str, name: str = "p") -> str:
    """The message of the first event with that reason."""
    for _ in range(100):
        for _, found, message in events(kubectl, namespace, name):
            if found == reason:
                return message
    raise AssertionError(f"no event {reason}: {events(kubectl, namespace, name)}")
