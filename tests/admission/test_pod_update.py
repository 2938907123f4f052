"""What of a Pod may change: nothing that admission has let through may become something else later."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pocketkube.admission.pods.pod_update import validate
from tests.admission.conftest import pod
from tests.checkout import ROOT
from tests.conftest import Create, Kubectl


def patch(kubectl: Kubectl, namespace: str, change: dict[str, Any], *, fails: bool = False) -> str:
    return kubectl("patch", "pod", "p", "-p", json.dumps(change), namespace=namespace, fails=fails).stderr


@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"hostNetwork": True}},
        {"spec": {"containers": [{"name": "c", "securityContext": {"privileged": True}}]}},
        {"spec": {"containers": [{"name": "c", "resources": {"limits": {"memory": "1Gi"}}}]}},
    ],
)
def test_refused(kubectl: Kubectl, namespace: str, create: Create, change: dict[str, Any]) -> None:
    create(pod())
    what = 'The Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than '
    assert patch(kubectl, namespace, change, fails=True).startswith(what)


def etcd() -> dict[str, Any]:
    """The spec of etcd's Pod as kubeadm writes it."""

    def probe(path: str, **times: int) -> dict[str, Any]:
        get = {"host": "127.0.0.1", "path": path, "port": "probe-port", "scheme": "HTTP"}
        return {"httpGet": get, "failureThreshold": 24, "periodSeconds": 10, "successThreshold": 1, **times}

    container = {
        "name": "etcd",
        "image": "registry.k8s.io/etcd:3.6.6-0",
        "command": ["etcd"] + [f"--option-{number}" for number in range(19)],
        "ports": [{"name": "probe-port", "containerPort": 2381, "protocol": "TCP"}],
        "livenessProbe": probe("/livez", initialDelaySeconds=10),
        "readinessProbe": probe("/readyz", periodSeconds=1),
        "startupProbe": probe("/readyz", initialDelaySeconds=10),
        "resources": {"requests": {"cpu": "100m", "memory": "100Mi"}},
        "volumeMounts": [{"name": name, "mountPath": f"/{name}"} for name in ("etcd-data", "etcd-certs")],
    }
    return {
        "containers": [container],
        "volumes": [{"name": name, "hostPath": {"path": f"/{name}"}} for name in ("etcd-certs", "etcd-data")],
        "nodeName": "oracle-control-plane",
        "hostNetwork": True,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
    }


def test_what_changed_is_shown_as_recorded() -> None:
    recorded = json.loads((ROOT / "tests/recordings/errors.json").read_text())["pod-immutable"]
    [expected] = recorded["response"]["body"]["details"]["causes"]
    [cause] = validate({"metadata": {}, "spec": {**etcd(), "nodeName": "x"}}, {"metadata": {}, "spec": etcd()})
    assert (cause.field, cause.message) == (expected["field"], expected["message"])


def test_no_container_is_added(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(pod())
    change = {"spec": {"containers": [{"name": "d", "image": "busybox"}]}}
    what = 'The Pod "p" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers\n'
    assert patch(kubectl, namespace, change, fails=True) == what


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"labels": {"a": "b"}}},
        {"spec": {"activeDeadlineSeconds": 100}},
        {"spec": {"containers": [{"name": "c", "image": "busybox:1.37"}]}},
    ],
)
def test_allowed(kubectl: Kubectl, namespace: str, create: Create, change: dict[str, Any]) -> None:
    create(pod())
    patch(kubectl, namespace, change)


def test_applying_the_same_again_changes_nothing(kubectl: Kubectl, namespace: str) -> None:
    text = json.dumps(pod())
    kubectl("apply", "-f", "-", namespace=namespace, stdin=text)
    assert kubectl("apply", "-f", "-", namespace=namespace, stdin=text).stdout == "pod/p unchanged\n"
