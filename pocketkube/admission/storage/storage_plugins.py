"""Admission plugins of storage: DefaultStorageClass, StorageObjectInUseProtection, PersistentVolumeClaimResize.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
"""

from __future__ import annotations

from pocketkube.errors import forbidden
from pocketkube.quantity import parse
from pocketkube.resources import PERSISTENTVOLUMECLAIMS, STORAGECLASSES, Resource
from pocketkube.store import Object, Store

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"  # before there was spec.storageClassName
CLAIM_PROTECTION = "kubernetes.io/pvc-protection"
VOLUME_PROTECTION = "kubernetes.io/pv-protection"
NO_RESIZE = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)


def complete(store: Store, resource: Resource, new: Object) -> None:
    """What a new claim or volume gets, in place."""
    metadata = new["metadata"]
    finalizers = metadata.setdefault("finalizers", [])
    protection = CLAIM_PROTECTION if resource is PERSISTENTVOLUMECLAIMS else VOLUME_PROTECTION
    if protection not in finalizers:
        finalizers.append(protection)
    if resource is PERSISTENTVOLUMECLAIMS and not names_class(new):
        name = default_class(store)
        if name:
            new["spec"]["storageClassName"] = name


def admit_resize(store: Store, new: Object, old: Object) -> None:
    """ApiError 403 for a claim that grows and cannot."""
    if requested(new) <= requested(old):
        return
    name = new["metadata"]["name"]
    if old.get("status", {}).get("phase") != "Bound":
        raise forbidden(PERSISTENTVOLUMECLAIMS, name, "Only bound persistent volume claims can be expanded")
    found = store.find(STORAGECLASSES, "", class_of(old))
    if class_of(new) != class_of(old) or not (found or {}).get("allowVolumeExpansion"):
        raise forbidden(PERSISTENTVOLUMECLAIMS, name, NO_RESIZE)


def default_class(store: Store) -> str:
    """The newest of those that are marked as default; "" when there is none."""
    marked = [
        each
        for each in store.list(STORAGECLASSES)
        if (each["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"
    ]
    newest = max((each["metadata"]["creationTimestamp"] for each in marked), default="")
    names = [each["metadata"]["name"] for each in marked if each["metadata"]["creationTimestamp"] == newest]
    return min(names, default="")


def names_class(claim: Object) -> bool:
    """Whether the claim says of which class it is, be it of none."""
    return CLASS_ANNOTATION in (claim["metadata"].get("annotations") or {}) or "storageClassName" in claim["spec"]


def class_of(claim_or_volume: Object) -> str:
    annotations = claim_or_volume["metadata"].get("annotations") or {}
    return str(annotations.get(CLASS_ANNOTATION, claim_or_volume["spec"].get("storageClassName") or ""))


def requested(claim: Object) -> int:
    """Bytes, in billionths."""
    return parse((claim["spec"].get("resources", {}).get("requests") or {}).get("storage", "0")).nano
