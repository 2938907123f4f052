"""Whether a node has room for a Pod: what its Pods request, how many they are, and the host's ports.

Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#how-pods-with-resource-requests-are-scheduled
"""

from __future__ import annotations

from pocketkube.admission.pod_resources import pod_resources
from pocketkube.quantity import parse
from pocketkube.store import Object

NO_PORTS = "node(s) didn't have free ports for the requested pod ports"


def shortage(pod: Object, node: Object, others: list[Object]) -> tuple[list[str], bool]:
    """What is missing, in the scheduler's words, and whether the node could not hold the Pod even if it were empty."""
    here = [each for each in others if each["spec"]["nodeName"] == node["metadata"]["name"] and not _is_over(each)]
    taken = {port for each in here for port in _host_ports(each["spec"])}
    if taken & set(_host_ports(pod["spec"])):
        return [NO_PORTS], False
    room = node["status"]["allocatable"]
    missing = ["Too many pods"] if len(here) >= int(room["pods"]) else []
    helpless = False
    for name, text in sorted(pod_resources(pod["spec"], "requests").items()):
        asked, all_of_it = parse(text).nano, parse(room.get(name, "0")).nano
        used = sum(parse(pod_resources(each["spec"], "requests").get(name, "0")).nano for each in here)
        if asked and asked > all_of_it - used:
            missing.append(f"Insufficient {name}")
            helpless = helpless or asked > all_of_it
    return missing, helpless


def _is_over(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")


def _host_ports(spec: Object) -> list[tuple[str, int]]:
    return [
        (port.get("protocol", "TCP"), port["hostPort"])
        for container in spec["containers"]
        for port in container.get("ports") or ()
        if port.get("hostPort")
    ]
