"""What a check sees of a StatefulSet whose Pods come one after the other."""

from __future__ import annotations

from typing import Any

import pytest
from kubernetes import client

from graders.observe import Observer
from tests.conftest import Create, Kubectl


def stateful_set(probe: str) -> dict[str, Any]:
    """`web`, of two Pods that are ready when the command `probe` succeeds."""
    ready = {"exec": {"command": ["sh", "-c", probe]}, "periodSeconds": 1}
    container = {"name": "c", "image": "busybox:1.36", "command": ["sleep", "infinity"], "readinessProbe": ready}
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
    }
    spec = {"serviceName": "web", "replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"}, "spec": spec}


def test_until_all_of_them_are_ready_there_are_more_to_come(
    api: client.ApiClient, create: Create, kubectl: Kubectl, namespace: str
) -> None:
    observer = Observer(api, namespace)
    assert not observer.makes_more_pods("web"), "there is no such StatefulSet"
    create(stateful_set("true"))
    assert observer.makes_more_pods("web")
    kubectl("rollout", "status", "sts/web", "--timeout=60s", namespace=namespace)
    assert not observer.makes_more_pods("web")


def test_one_that_is_never_ready_is_not_waited_for(
    api: client.ApiClient, create: Create, kubectl: Kubectl, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer = Observer(api, namespace)
    create(stateful_set("false"))
    kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/web-0", "--timeout=60s", namespace=namespace)
    monkeypatch.setattr("graders.observe.YOUNG", 600.0)
    assert observer.makes_more_pods("web")
    monkeypatch.setattr("graders.observe.YOUNG", 0.0)
    assert not observer.makes_more_pods("web")
