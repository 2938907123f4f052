"""What is written, and what stays as it was: objects that the store handed out are shared."""

from __future__ import annotations

from typing import Any

import pytest

from pocketkube.controllers.deployments import DeploymentController
from pocketkube.json_copy import copied
from pocketkube.registry import Registry
from pocketkube.resources import DEPLOYMENTS, NAMESPACES, REPLICASETS, SERVICES
from pocketkube.store import Object, Store

CONTAINER = {"name": "nginx", "image": "nginx:1.29"}
DEPLOYMENT = {
    "metadata": {"name": "web"},
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [CONTAINER]}},
    },
}
SERVICE = {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}


@pytest.fixture
def registry() -> Registry:
    registry = Registry(Store())
    registry.create(NAMESPACES, {"metadata": {"name": "default"}})
    return registry


def replicaset(registry: Registry) -> Object:
    (found,) = registry.store.list(REPLICASETS, "default")
    return found


@pytest.mark.parametrize(
    "change", [{"replicas": 3}, {"minReadySeconds": 5}, {"revisionHistoryLimit": 1}], ids=lambda each: next(iter(each))
)
def test_a_deployment_leaves_what_watches_were_told_as_it_was(registry: Registry, change: dict[str, Any]) -> None:
    controller, key = DeploymentController(registry), ("default", "web")
    registry.create(DEPLOYMENTS, DEPLOYMENT, "default")
    controller.reconcile(key)
    registry.modify(DEPLOYMENTS, *key, lambda live: live["metadata"].update(annotations={"note": "a"}))
    told = replicaset(registry)
    before = copied(told)
    registry.modify(DEPLOYMENTS, *key, lambda live: live["spec"].update(change))
    controller.reconcile(key)
    assert told == before
    assert replicaset(registry)["metadata"]["annotations"]["note"] == "a"


def test_an_update_that_changes_nothing_writes_nothing(registry: Registry) -> None:
    made = registry.create(SERVICES, SERVICE, "default")
    for subresource in ("", "status"):
        assert registry.update(SERVICES, copied(made), subresource=subresource) is made


def test_a_status_is_written_in_order_and_changes_nothing_else(registry: Registry) -> None:
    made = registry.create(SERVICES, SERVICE, "default")
    before = copied(made)
    status = {"loadBalancer": {"ingress": [{"ipMode": "VIP", "ip": "192.0.2.1"}]}}
    written = registry.update(SERVICES, {**made, "spec": {"ports": []}, "status": status}, subresource="status")
    status["loadBalancer"]["ingress"].clear()
    assert made == before
    assert written["spec"] == made["spec"]
    assert list(written) == list(made)
    assert list(written["status"]["loadBalancer"]["ingress"][0].items()) == [("ip", "192.0.2.1"), ("ipMode", "VIP")]
