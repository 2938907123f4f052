"""How events that are told again and again are kept."""

from __future__ import annotations

from pocketkube.events import EventRecorder
from pocketkube.registry import Registry
from pocketkube.resources import EVENTS, NAMESPACES
from pocketkube.store import Store


def test_equal_events_are_counted_and_many_similar_ones_combined() -> None:
    registry = Registry(Store())
    registry.create(NAMESPACES, {"metadata": {"name": "default"}})
    metadata = {"uid": "u", "name": "n", "namespace": "default", "resourceVersion": "1"}
    recorder = EventRecorder(registry, "replicaset-controller")

    def tell(message: str, reason: str = "FailedCreate") -> None:
        obj = {"kind": "ReplicaSet", "apiVersion": "apps/v1", "metadata": metadata}
        recorder.event(obj, "Warning", reason, message)

    for number in range(9):
        tell(f"message {number}")
    tell("message 0")
    for number in range(9, 12):
        tell(f"message {number}")
    tell("another", "Other")
    found = {each["message"]: each["count"] for each in registry.store.list(EVENTS)}
    assert found == {
        "message 0": 2,
        **{f"message {number}": 1 for number in range(1, 9)},
        "(combined from similar events): message 11": 3,
        "another": 1,
    }
