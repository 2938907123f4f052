"""What a kubelet reports of its Node when it starts, and the node controller of a Node that is new."""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.events import EventRecorder
from pocketkube.registry import Registry
from pocketkube.resources import NODES

SUITABLE = ("NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID")


def report(registry: Registry, recorders: Iterable[tuple[str, EventRecorder]]) -> None:
    """`recorders`: (name of the Node, its kubelet's recorder)"""
    controller = EventRecorder(registry, "node-controller")
    for name, kubelet in recorders:
        node = registry.store.get(NODES, "", name)
        kubelet.event(node, "Normal", "Starting", "Starting kubelet.")
        for reason in SUITABLE:
            kubelet.event(node, "Normal", reason, f"Node {name} status is now: {reason}")
        kubelet.event(node, "Normal", "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods")
        message = f"Node {name} event: Registered Node {name} in Controller"
        controller.event(node, "Normal", "RegisteredNode", message)
        kubelet.event(node, "Normal", "NodeReady", f"Node {name} status is now: NodeReady")
