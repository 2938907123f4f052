"""What controllers, the scheduler and provisioners tell each other on claims and volumes.

Source: https://kubernetes.io/docs/reference/labels-annotations-taints/
"""

from __future__ import annotations

from pocketkube.store import Object

BIND_COMPLETED = "pv.kubernetes.io/bind-completed"  # of a claim: it has been bound
BOUND_BY_CONTROLLER = "pv.kubernetes.io/bound-by-controller"  # and not by who wrote the object
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"  # of a volume
SELECTED_NODE = "volume.kubernetes.io/selected-node"  # of a claim: where its first Pod goes
PROVISIONERS = ("volume.beta.kubernetes.io/storage-provisioner", "volume.kubernetes.io/storage-provisioner")


def annotations_of(obj: Object) -> dict[str, str]:
    return obj["metadata"].get("annotations") or {}


def annotate(obj: Object, *names: str, value: str = "yes") -> None:
    """In place."""
    for name in names:
        obj["metadata"].setdefault("annotations", {})[name] = value
