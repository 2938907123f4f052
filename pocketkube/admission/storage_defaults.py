"""Defaults of claims, volumes and storage classes: pkg/apis/core/v1/defaults.go and pkg/apis/storage/v1/defaults.go"""

from __future__ import annotations

from pocketkube.store import Object


def claim(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("resources", {})
    spec.setdefault("volumeMode", "Filesystem")
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def volume(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    if "hostPath" in spec:
        spec["hostPath"].setdefault("type", "")
    created = obj["metadata"].get("creationTimestamp")
    obj.setdefault("status", {"phase": "Pending", "lastPhaseTransitionTime": created})


def storage_class(obj: Object) -> None:
    obj.setdefault("reclaimPolicy", "Delete")
    obj.setdefault("volumeBindingMode", "Immediate")


def claim_templates(spec: Object) -> None:
    """Those of a StatefulSet's spec: each is a claim as it will be made."""
    for template in spec.get("volumeClaimTemplates") or ():
        template["apiVersion"], template["kind"] = "v1", "PersistentVolumeClaim"
        template.setdefault("metadata", {})
        claim(template)
