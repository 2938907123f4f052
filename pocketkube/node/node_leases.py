"""Each node's Lease, which its kubelet renews to say that it is alive.

Source: https://kubernetes.io/docs/concepts/architecture/leases/#node-heart-beats
"""

from __future__ import annotations

import asyncio
import contextlib

from pocketkube.errors import ApiError
from pocketkube.registry import Registry, micro_timestamp
from pocketkube.resources import LEASES, NODES
from pocketkube.store import Object

NAMESPACE = "kube-node-lease"
DURATION = 40  # seconds, as in the KubeletConfiguration of kubeadm
RENEWAL = 10.0  # seconds: a quarter of it


async def keep_renewing(registry: Registry) -> None:
    """Until cancelled."""
    while True:
        renew(registry)
        await asyncio.sleep(RENEWAL)


def renew(registry: Registry) -> None:
    """Every node's; one that is not there is made."""
    for node in registry.store.list(NODES):
        with contextlib.suppress(ApiError):  # their namespace may be gone
            _renew(registry, node)


def _renew(registry: Registry, node: Object) -> None:
    name = node["metadata"]["name"]
    now = micro_timestamp()
    found = registry.store.find(LEASES, NAMESPACE, name)
    if found:
        registry.update(LEASES, {**found, "spec": {**found["spec"], "renewTime": now}})
        return
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
    spec = {"holderIdentity": name, "leaseDurationSeconds": DURATION, "renewTime": now}
    registry.create(LEASES, {"metadata": {"name": name, "ownerReferences": [owner]}, "spec": spec}, NAMESPACE)
