"""Warnings of claims and volumes: pkg/api/persistentvolumeclaim/util.go and pkg/api/persistentvolume/util.go"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission.storage.storage_plugins import CLASS_ANNOTATION
from pocketkube.quantity import UNIT, parse
from pocketkube.resources import PERSISTENTVOLUMES, Resource
from pocketkube.store import Object

DEPRECATED_CLASS = (
    f'metadata.annotations[{CLASS_ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead'
)
RECYCLE = (
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. "
    "Instead, the recommended approach is to use dynamic provisioning."
)


def of(resource: Resource, obj: Object) -> Iterator[str]:
    if CLASS_ANNOTATION in (obj["metadata"].get("annotations") or {}):
        yield DEPRECATED_CLASS
    spec = obj["spec"]
    if resource is PERSISTENTVOLUMES:
        if spec.get("persistentVolumeReclaimPolicy") == "Recycle":
            yield RECYCLE
        amounts = {"spec.capacity[storage]": (spec.get("capacity") or {}).get("storage")}
    else:
        resources = spec.get("resources") or {}
        amounts = {
            f"spec.resources.{kind}[storage]": (resources.get(kind) or {}).get("storage")
            for kind in ("requests", "limits")
        }
    for field, amount in amounts.items():
        if amount and parse(amount).nano % UNIT:
            yield f'{field}: fractional byte value "{amount}" is invalid, must be an integer'
