"""What is accepted and has no effect is told, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from pocketkube.admission.not_carried_out import SUFFIX, warnings
from pocketkube.resources import DEPLOYMENTS, PODS, STATEFULSETS
from tests.conftest import Kubectl

C = "spec.containers[0]"


def pod(spec: dict[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "c", "image": "busybox:1.36", **container}], **(spec or {})}}


@pytest.mark.parametrize(
    ("obj", "fields"),
    [
        (pod(), []),
        (pod({"hostPID": True, "hostIPC": False, "shareProcessNamespace": True}), ["hostPID", "shareProcessNamespace"]),
        (pod({"hostUsers": True}), []),
        (pod({"hostUsers": False}), ["hostUsers"]),
        (
            pod({"securityContext": {"runAsUser": 1, "sysctls": [{"name": "net.a"}, {"name": "kernel.b"}]}}),
            ["securityContext.sysctls[1]"],
        ),
        (pod(resources={"limits": {"cpu": "1", "memory": "1Mi"}}), [f"{C}.resources.limits[cpu]"]),
        (pod(securityContext={"privileged": True}), [f"{C}.securityContext.privileged"]),
        (pod(securityContext={"procMount": "Default"}), []),
        (pod(ports=[{"containerPort": 1}, {"containerPort": 2, "hostPort": 2}]), [f"{C}.ports[1].hostPort"]),
        (
            pod(volumeMounts=[{"mountPropagation": "None"}, {"mountPropagation": "Bidirectional"}]),
            [f"{C}.volumeMounts[1].mountPropagation"],
        ),
    ],
)
def test_fields_of_a_pod(obj: dict[str, Any], fields: list[str]) -> None:
    full = [each if each.startswith("spec.") else f"spec.{each}" for each in fields]
    assert warnings(PODS, obj) == [f"{field}: {SUFFIX}" for field in full]


def test_fields_of_a_template() -> None:
    obj = {"spec": {"template": pod({"hostPID": True})}}
    for resource in (DEPLOYMENTS, STATEFULSETS):
        assert warnings(resource, obj) == [f"spec.template.spec.hostPID: {SUFFIX}"]


def test_kubectl_shows_them(kubectl: Kubectl, namespace: str) -> None:
    limits = '{"spec":{"containers":[{"name":"c","image":"busybox:1.36","resources":{"limits":{"cpu":"1"}}}]}}'
    done = kubectl("run", "p", "--image=busybox:1.36", f"--overrides={limits}", namespace=namespace)
    assert done.stderr == f"Warning: {C}.resources.limits[cpu]: {SUFFIX}\n"
