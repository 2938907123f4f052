"""What `kubectl get` prints of claims, volumes and storage classes; `age` is a cell of each."""

from __future__ import annotations

from typing import Any

from pocketkube.admission.storage.storage_plugins import DEFAULT_CLASS, class_of
from pocketkube.store import Object

UNSET = "<unset>"
SHORT = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
# name, type, priority (1: with -o wide)
CLAIM_COLUMNS = [
    *((name, "string", 0) for name in ("Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass")),
    *((name, "string", 0) for name in ("VolumeAttributesClass", "Age")),
    ("VolumeMode", "string", 1),
]
VOLUME_COLUMNS = [
    *((name, "string", 0) for name in ("Name", "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim")),
    *((name, "string", 0) for name in ("StorageClass", "VolumeAttributesClass", "Reason", "Age")),
    ("VolumeMode", "string", 1),
]
CLASS_COLUMNS = [
    (name, "string", 0)
    for name in ("Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age")
]


def claim(obj: Object, age: str) -> list[Any]:
    spec, status = obj["spec"], obj.get("status", {})
    bound = bool(spec.get("volumeName"))
    capacity = (status.get("capacity") or {}).get("storage", "0")
    return [
        obj["metadata"]["name"],
        _phase(obj),
        spec.get("volumeName", ""),
        capacity if bound else "",
        _modes(status.get("accessModes")) if bound else "",
        class_of(obj),
        spec.get("volumeAttributesClassName", UNSET),
        age,
        spec.get("volumeMode", UNSET),
    ]


def volume(obj: Object, age: str) -> list[Any]:
    spec, reference = obj["spec"], obj["spec"].get("claimRef")
    return [
        obj["metadata"]["name"],
        spec["capacity"]["storage"],
        _modes(spec["accessModes"]),
        spec["persistentVolumeReclaimPolicy"],
        _phase(obj),
        f"{reference.get('namespace', '')}/{reference.get('name', '')}" if reference else "",
        class_of(obj),
        spec.get("volumeAttributesClassName", UNSET),
        obj.get("status", {}).get("reason", ""),
        age,
        spec.get("volumeMode", UNSET),
    ]


def storage_class(obj: Object, age: str) -> list[Any]:
    default = (obj["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
    return [
        f"{obj['metadata']['name']} (default)" if default else obj["metadata"]["name"],
        obj["provisioner"],
        obj["reclaimPolicy"],
        obj["volumeBindingMode"],
        obj.get("allowVolumeExpansion", False),
        age,
    ]


def _phase(obj: Object) -> str:
    return "Terminating" if "deletionTimestamp" in obj["metadata"] else str(obj.get("status", {}).get("phase", ""))


def _modes(modes: list[str] | None) -> str:
    """In an order of their own, each once."""
    return ",".join(short for mode, short in SHORT.items() if mode in (modes or ()))
