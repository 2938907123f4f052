"""What the kubelet, kube-proxy and the node controller tell of a node that has just begun."""

from __future__ import annotations

from pocketkube.events import EventRecorder
from pocketkube.events_v1 import EventV1Recorder
from pocketkube.registry import Registry
from pocketkube.store import Object

HEALTHY = ("NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID")


def announce(registry: Registry, node: Object) -> None:
    """In the order in which a real node's events come."""
    name = node["metadata"]["name"]
    kubelet = EventRecorder(registry, "kubelet", name)
    # The kubelet knows its node by name before the API gives it a uid, and refers to it by that.
    itself = {**node, "metadata": {**node["metadata"], "uid": name, "resourceVersion": ""}}
    kubelet.event(itself, "Normal", "Starting", "Starting kubelet.")
    kubelet.event(itself, "Normal", "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods")
    for reason in HEALTHY:
        kubelet.event(itself, "Normal", reason, f"Node {name} status is now: {reason}")
    controller = EventRecorder(registry, "node-controller")
    controller.event(node, "Normal", "RegisteredNode", f"Node {name} event: Registered Node {name} in Controller")
    EventV1Recorder(registry, "kube-proxy", name).event(itself, "Normal", "Starting", "StartKubeProxy", "")
    kubelet.event(itself, "Normal", "NodeReady", f"Node {name} status is now: NodeReady")
