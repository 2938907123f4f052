"""What becomes of the Pods of a node that is deleted."""

from __future__ import annotations

import pytest

from pocketkube.controllers import orphaned_pods
from pocketkube.controllers.orphaned_pods import OrphanedPodController
from pocketkube.registry import Registry
from pocketkube.resources import NODES, PODS
from pocketkube.store import Store


def test_they_go_once_the_node_has_been_missing_for_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(Store())
    registry.store.put(NODES, {"metadata": {"name": "node01", "uid": "n"}})
    for node in ("node01", "node02"):
        metadata = {"name": node, "namespace": "default", "uid": node, "generation": 1}
        registry.store.put(PODS, {"metadata": metadata, "spec": {"nodeName": node}, "status": {"phase": "Running"}})
    controller = OrphanedPodController(registry)
    assert controller.reconcile(("default", "node01")) is None
    left = controller.reconcile(("default", "node02"))
    assert left is not None
    assert 39 < left <= 40
    monkeypatch.setattr(orphaned_pods, "QUARANTINE", 0.0)
    assert controller.reconcile(("default", "node02")) is None
    assert [each["metadata"]["name"] for each in registry.store.list(PODS)] == ["node01"]
