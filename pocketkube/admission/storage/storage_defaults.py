"""Defaults of claims, volumes and storage classes: pkg/apis/core/v1/defaults.go and pkg/apis/storage/v1/defaults.go"""

from __future__ import annotations

from pocketkube.store import Object


def claim(obj: Object) -> None:
    claim_spec(obj.setdefault("spec", {}))
    obj.setdefault("status", {}).setdefault("phase", "Pending")


def claim_spec(spec: Object) -> None:
    spec.setdefault("resources", {})
    spec.setdefault("volumeMode", "Filesystem")


def ephemeral(source: Object) -> None:
    """The template of a claim that is one Pod's own."""
    template = source.get("volumeClaimTemplate")
    if template is not None:
        template.setdefault("metadata", {})
        claim_spec(template.setdefault("spec", {}))


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
