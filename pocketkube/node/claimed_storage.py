"""The volumes of claims, as directories of the node.

Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from pocketkube.node.configuration import ConfigError
from pocketkube.node.host_path import NODES, host_path, path_on_node
from pocketkube.resources import PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES
from pocketkube.store import Object, Store

PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
BOUND = "pv.kubernetes.io/bind-completed"


def claimed_volume(store: Store, pod: Object, claim: str) -> Object:
    """The PersistentVolume that the claim is bound to; ConfigError when there is none."""
    namespace = pod["metadata"]["namespace"]
    where = f"error processing PVC {namespace}/{claim}"
    found = store.find(PERSISTENTVOLUMECLAIMS, namespace, claim)
    if found is None:
        missing = f'persistentvolumeclaims "{claim}" not found'
        raise ConfigError(f"{where}: failed to fetch PVC from API server: {missing}")
    if "deletionTimestamp" in found["metadata"]:
        raise ConfigError(f"{where}: PVC is being deleted")
    name = found["spec"].get("volumeName", "")
    if not name or BOUND not in (found["metadata"].get("annotations") or {}):
        raise ConfigError(f"{where}: PVC is not bound")
    volume = store.find(PERSISTENTVOLUMES, "", name)
    if volume is None:
        missing = f'persistentvolumes "{name}" not found'
        raise ConfigError(f"{where}: failed to fetch PV {name} from API server: {missing}")
    return volume


def directory_of(volume: Object, node: str, group: int | None) -> Path:
    """Where on the node a PersistentVolume is; ConfigError when it is not there. `group`: owns it (fsGroup)."""
    spec = volume["spec"]
    if "hostPath" in spec:
        there = path_on_node(node, spec["hostPath"]["path"]).exists()
        path = host_path(node, spec["hostPath"])
        if _is_provisioned(volume) and not there:
            path.chmod(0o777)
        return path
    if "local" not in spec:
        raise ConfigError("volumes of this kind are not supported by pocketkube, only hostPath and local")
    path = path_on_node(node, spec["local"]["path"])
    if not path.exists():
        raise ConfigError(f'path "{spec["local"]["path"]}" does not exist')
    if group is not None:
        give_to_group(path, group)
    return path


def forget(volume: Object) -> None:
    """What the provisioner has made for a PersistentVolume that is gone, unless it is to be retained."""
    spec = volume["spec"]
    if not _is_provisioned(volume) or spec["persistentVolumeReclaimPolicy"] != "Delete":
        return
    for node in NODES.iterdir() if NODES.exists() else ():
        # In its place there may be a link that leads out of the node, or nowhere.
        with contextlib.suppress(ConfigError, OSError, RuntimeError):
            shutil.rmtree(path_on_node(node.name, spec["hostPath"]["path"]), ignore_errors=True)


def _is_provisioned(volume: Object) -> bool:
    return "hostPath" in volume["spec"] and PROVISIONED_BY in (volume["metadata"].get("annotations") or {})


def give_to_group(path: Path, group: int) -> None:
    """https://kubernetes.io/docs/tasks/configure-pod-container/security-context/: setgid, and the group may write."""
    os.chown(path, -1, group)
    path.chmod(0o2777)
