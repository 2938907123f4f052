"""Whether a node has room for a Pod: what its Pods request, how many they are, and the host's ports.

Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-requests-are-scheduled
"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.admission.pods.pod_resources import pod_amounts
from pocketkube.quantity import parse
from pocketkube.store import Object

NO_PORTS = "node(s) didn't have free ports for the requested pod ports"


def shortage(pod: Object, node: Object, others: list[Object]) -> tuple[list[str], bool]:
    """What is missing, in the scheduler's words, and whether the node could not hold the Pod even if it were empty."""
    here = [each for each in others if each["spec"]["nodeName"] == node["metadata"]["name"]]
    if ports_are_taken(pod, here):
        return [NO_PORTS], False
    short = shortages(pod, node, here)
    missing = ["Too many pods" if each.resource == "pods" else f"Insufficient {each.resource}" for each in short]
    return missing, any(each.requested > each.capacity for each in short)


@dataclass(frozen=True, slots=True)
class Shortage:
    """Of one resource, in billionths of its unit."""

    resource: str
    requested: int
    used: int
    capacity: int


def shortages(pod: Object, node: Object, here: list[Object]) -> list[Shortage]:
    """What the node has too little of for the Pod beside those that are `here`."""
    room = node["status"]["allocatable"]
    here = [each for each in here if not _is_over(each)]
    one = parse("1").nano
    asked = {"pods": (one, len(here) * one)}
    amounts = [pod_amounts(each["spec"], "requests") for each in here]
    for name, amount in sorted(pod_amounts(pod["spec"], "requests").items()):
        asked[name] = amount.nano, sum(each[name].nano for each in amounts if name in each)
    found = [Shortage(name, *numbers, parse(room.get(name, "0")).nano) for name, numbers in asked.items()]
    return [each for each in found if each.requested and each.requested > each.capacity - each.used]


def ports_are_taken(pod: Object, here: list[Object]) -> bool:
    wanted = set(_host_ports(pod["spec"]))
    return bool(wanted) and any(not wanted.isdisjoint(_host_ports(each["spec"])) for each in here if not _is_over(each))


def _is_over(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def _host_ports(spec: Object) -> list[tuple[str, int]]:
    return [
        (port.get("protocol", "TCP"), port["hostPort"])
        for container in spec["containers"]
        for port in container.get("ports") or ()
        if port.get("hostPort")
    ]
