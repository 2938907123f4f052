"""What comes of a released volume that no provisioner has made: Kubernetes' own plugins delete next to nothing.

Source: k8s.io/kubernetes/pkg/controller/volume/persistentvolume/pv_controller.go, reclaimVolume
"""

from __future__ import annotations

from pocketkube.controllers.volumes.annotations import PROVISIONED_BY, annotations_of
from pocketkube.store import Object

NO_RECYCLER = "No recycler plugin found for the volume!"


def in_tree_failure(volume: Object) -> tuple[str, str] | None:
    """Reason and message of the event that tells why the volume cannot be reclaimed; None when nothing is tried."""
    spec, name = volume["spec"], volume["metadata"]["name"]
    policy = spec["persistentVolumeReclaimPolicy"]
    if policy == "Recycle":
        return "VolumeFailedRecycle", NO_RECYCLER
    if policy != "Delete" or PROVISIONED_BY in annotations_of(volume):
        return None
    if "hostPath" in spec:
        path = spec["hostPath"]["path"]
        return "VolumeFailedDelete", f"host_path deleter only supports /tmp/.+ but received provided {path}"
    why = "no deletable volume plugin matched"
    return "VolumeFailedDelete", f'error getting deleter volume plugin for volume "{name}": {why}'
