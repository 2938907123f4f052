"""The provisioner that kind installs: each volume is a directory of the node that the claim's first Pod goes to.

Sources: https://github.com/rancher/local-path-provisioner and
https://github.com/kubernetes-sigs/sig-storage-lib-external-provisioner
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from pocketkube.admission.storage.storage_plugins import class_of
from pocketkube.controllers.reconcile import Key, follow, key_of
from pocketkube.controllers.volumes.annotations import PROVISIONED_BY, PROVISIONERS, SELECTED_NODE, annotations_of
from pocketkube.controllers.volumes.binder import reference_to_claim
from pocketkube.controllers.volumes.matching import waits_for_consumer
from pocketkube.events import EventRecorder
from pocketkube.registry import Registry, random_suffix
from pocketkube.resources import NODES, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES
from pocketkube.store import Event, Object
from pocketkube.well_known_labels import HOSTNAME

NAME = "rancher.io/local-path"
DIRECTORY = "/var/local-path-provisioner"
RETRY = 15.0  # seconds
MODES = ("ReadWriteOnce", "ReadWriteOncePod")
WRONG_MODE = "NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes"


class CannotProvision(Exception):
    """`str` says why, as the claim's event does."""


class LocalPathProvisioner:
    """Keys are those of claims, and of volumes with "" as the namespace."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        pod = f"local-path-provisioner-{random_suffix(9)}-{random_suffix()}"
        self._recorder = EventRecorder(registry, f"{NAME}_{pod}_{uuid.uuid4()}")

    async def run(self) -> None:
        await follow(self._store, (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        return [key_of(event.object)] if event.type != "DELETED" else []

    def reconcile(self, key: Key) -> float | None:
        if not key[0]:
            self._reclaim(key)
            return None
        claim = self._store.find(PERSISTENTVOLUMECLAIMS, *key)
        if claim is None or not self._is_asked_for(claim):
            return None
        try:
            self._provision(claim)
        except CannotProvision as error:
            self._recorder.event(claim, "Warning", "ProvisioningFailed", str(error))
            return RETRY
        return None

    def _is_asked_for(self, claim: Object) -> bool:
        annotations = annotations_of(claim)
        return (
            not claim["spec"].get("volumeName")
            and annotations.get(PROVISIONERS[0]) == NAME
            and (SELECTED_NODE in annotations or not waits_for_consumer(self._store, claim))
            and self._store.find(PERSISTENTVOLUMES, "", _name(claim)) is None
            and self._store.find(STORAGECLASSES, "", class_of(claim)) is not None
        )

    def _provision(self, claim: Object) -> None:
        if claim["spec"]["volumeMode"] == "Block":
            raise CannotProvision(f"{NAME} does not support block volume provisioning")
        selected = annotations_of(claim).get(SELECTED_NODE)
        node = self._store.find(NODES, "", selected) if selected else None
        if selected and node is None:
            raise CannotProvision(f'failed to get target node: nodes "{selected}" not found')
        namespace, name = key_of(claim)
        message = f'External provisioner is provisioning volume for claim "{namespace}/{name}"'
        self._recorder.event(claim, "Normal", "Provisioning", message)
        why = _refusal(claim) or ("" if node else "configuration error, no node was specified")
        if why or node is None:
            raise CannotProvision(f'failed to provision volume with StorageClass "{class_of(claim)}": {why}')
        storage_class = self._store.get(STORAGECLASSES, "", class_of(claim))
        made = self._registry.create(PERSISTENTVOLUMES, _volume(claim, storage_class, node))
        message = f"Successfully provisioned volume {made['metadata']['name']}"
        self._recorder.event(claim, "Normal", "ProvisioningSucceeded", message)

    def _reclaim(self, key: Key) -> None:
        """The volume's node takes the directory away once the volume is gone."""
        volume = self._store.find(PERSISTENTVOLUMES, *key)
        if (
            volume is not None
            and annotations_of(volume).get(PROVISIONED_BY) == NAME
            and volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
            and volume["status"].get("phase") == "Released"
            and "deletionTimestamp" not in volume["metadata"]
        ):
            self._registry.delete(PERSISTENTVOLUMES, *key)


def _name(claim: Object) -> str:
    return f"pvc-{claim['metadata']['uid']}"


def _refusal(claim: Object) -> str:
    if claim["spec"].get("selector") is not None:
        return "claim.Spec.Selector is not supported"
    return WRONG_MODE if set(claim["spec"]["accessModes"]) - set(MODES) else ""


def _volume(claim: Object, storage_class: Object, node: Object) -> Object:
    namespace, name = key_of(claim)
    host = node["metadata"]["labels"].get(HOSTNAME, node["metadata"]["name"])
    term = {"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [host]}]}
    annotations = {"local.path.provisioner/selected-node": node["metadata"]["name"], PROVISIONED_BY: NAME}
    spec = {
        "accessModes": claim["spec"]["accessModes"],
        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        "claimRef": reference_to_claim(claim),
        "hostPath": {"path": f"{DIRECTORY}/{_name(claim)}_{namespace}_{name}", "type": "DirectoryOrCreate"},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
        "persistentVolumeReclaimPolicy": storage_class["reclaimPolicy"],
        "storageClassName": class_of(claim),
        "volumeMode": "Filesystem",
    }
    return {"metadata": {"name": _name(claim), "annotations": annotations}, "spec": spec}
