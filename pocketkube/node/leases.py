"""The Leases by which kubelets say that their nodes live: https://kubernetes.io/docs/concepts/architecture/leases/"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime

from pocketkube.errors import ApiError
from pocketkube.registry import Registry
from pocketkube.resources import LEASES, NODES
from pocketkube.store import Object

NAMESPACE = "kube-node-lease"
SECONDS = 40  # nodeLeaseDurationSeconds
PERIOD = SECONDS / 4


async def renew(registry: Registry) -> None:
    """Renew those of all nodes until cancelled."""
    while True:
        for node in registry.store.list(NODES):
            with contextlib.suppress(ApiError):  # their namespace may be gone
                _renew(registry, node["metadata"])
        await asyncio.sleep(PERIOD)


def _renew(registry: Registry, node: Object) -> None:
    name = node["name"]
    spec = {"holderIdentity": name, "leaseDurationSeconds": SECONDS, "renewTime": _now()}
    if registry.store.find(LEASES, NAMESPACE, name):
        registry.modify(LEASES, NAMESPACE, name, lambda live: live.update(spec=spec))
        return
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["uid"]}
    registry.create(LEASES, {"metadata": {"name": name, "ownerReferences": [owner]}, "spec": spec}, NAMESPACE)


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
