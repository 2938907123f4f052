"""Rows of claims, volumes and storage classes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pocketkube.admission.storage.storage_plugins import DEFAULT_CLASS, class_of
from pocketkube.api.tables.cells import UNSET, Column, Row, created
from pocketkube.resources import PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES, Resource
from pocketkube.store import Object

SHORT = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}
COLUMNS: dict[Resource, list[Column]] = {
    PERSISTENTVOLUMECLAIMS: [
        *((name, "string", 0) for name in ("Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass")),
        *((name, "string", 0) for name in ("VolumeAttributesClass", "Age")),
        ("VolumeMode", "string", 1),
    ],
    PERSISTENTVOLUMES: [
        *((name, "string", 0) for name in ("Name", "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim")),
        *((name, "string", 0) for name in ("StorageClass", "VolumeAttributesClass", "Reason", "Age")),
        ("VolumeMode", "string", 1),
    ],
    STORAGECLASSES: [
        (name, "string", 0)
        for name in ("Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age")
    ],
}


def _claim(obj: Object, now: datetime) -> list[Any]:
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
        created(obj, now),
        spec.get("volumeMode", UNSET),
    ]


def _volume(obj: Object, now: datetime) -> list[Any]:
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
        created(obj, now),
        spec.get("volumeMode", UNSET),
    ]


def _storage_class(obj: Object, now: datetime) -> list[Any]:
    default = (obj["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
    return [
        f"{obj['metadata']['name']} (default)" if default else obj["metadata"]["name"],
        obj["provisioner"],
        obj["reclaimPolicy"],
        obj["volumeBindingMode"],
        obj.get("allowVolumeExpansion", False),
        created(obj, now),
    ]


def _phase(obj: Object) -> str:
    return "Terminating" if "deletionTimestamp" in obj["metadata"] else str(obj.get("status", {}).get("phase", ""))


def _modes(modes: list[str] | None) -> str:
    """In an order of their own, each once."""
    return ",".join(short for mode, short in SHORT.items() if mode in (modes or ()))


ROWS: dict[Resource, Row] = {
    PERSISTENTVOLUMECLAIMS: _claim,
    PERSISTENTVOLUMES: _volume,
    STORAGECLASSES: _storage_class,
}
