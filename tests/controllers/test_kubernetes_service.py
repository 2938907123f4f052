"""The Service `kubernetes`, which the API server keeps."""

from __future__ import annotations

from pocketkube import kubernetes_service
from pocketkube.registry import Registry
from pocketkube.resources import NAMESPACES, SERVICES
from pocketkube.store import Store


def test_comes_back() -> None:
    registry = Registry(Store())
    registry.create(NAMESPACES, {"metadata": {"name": "default"}})
    kubernetes_service.restore(registry)
    first = registry.store.get(SERVICES, "default", "kubernetes")
    kubernetes_service.restore(registry)
    assert registry.store.get(SERVICES, "default", "kubernetes") is first
    registry.delete(SERVICES, "default", "kubernetes")
    kubernetes_service.restore(registry)
    again = registry.store.get(SERVICES, "default", "kubernetes")
    assert again["spec"]["clusterIP"] == "10.96.0.1"
    assert again["metadata"]["uid"] != first["metadata"]["uid"]
