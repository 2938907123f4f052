"""Which claims a Pod uses, and which Pods a claim."""

from __future__ import annotations

from pocketkube.resources import PODS
from pocketkube.store import Object, Store


def claims_of(pod: Object) -> list[str]:
    """Names of claims, in the order of the volumes."""
    name = pod["metadata"]["name"]
    found = []
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            found.append(volume["persistentVolumeClaim"]["claimName"])
        elif "ephemeral" in volume:
            found.append(f"{name}-{volume['name']}")
    return found


def users(store: Store, claim: Object) -> list[Object]:
    """The Pods that use the claim."""
    metadata = claim["metadata"]
    return [pod for pod in store.list(PODS, metadata["namespace"]) if metadata["name"] in claims_of(pod)]


def waiting_pods(store: Store, claim: Object) -> list[str]:
    """Names of those of them that the scheduler has tried and found no node for."""
    return [
        pod["metadata"]["name"]
        for pod in users(store, claim)
        if not pod["spec"].get("nodeName") and pod.get("status", {}).get("conditions")
    ]
