"""The binder of claims and volumes: k8s.io/kubernetes/pkg/controller/volume/persistentvolume"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pocketkube.admission.storage.storage_plugins import class_of, default_class, names_class, requested
from pocketkube.controllers.reconcile import Key, follow, key_of
from pocketkube.controllers.volumes.annotations import (
    BIND_COMPLETED,
    BOUND_BY_CONTROLLER,
    PROVISIONED_BY,
    PROVISIONERS,
    SELECTED_NODE,
    annotate,
    annotations_of,
)
from pocketkube.controllers.volumes.consumers import waiting_pods
from pocketkube.controllers.volumes.matching import best_match, capacity, is_bound_to, mismatch, waits_for_consumer
from pocketkube.controllers.volumes.reclaim import in_tree_failure
from pocketkube.events import EventRecorder
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES
from pocketkube.store import Event, Object

RESYNC = 15.0  # seconds after which what is not bound is looked at, and told of, again
NOT_IN_TREE = "kubernetes.io/"  # provisioners under this prefix would have to be part of Kubernetes itself
FIRST_CONSUMER = "waiting for first consumer to be created before binding"
EXPANDING = "waiting for an external controller to expand this PVC"
NO_CLASS = "no persistent volumes available for this claim and no storage class is set"


class PersistentVolumeController:
    """Keys are those of claims, and of volumes with "" as the namespace."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "persistentvolume-controller")
        self._expander = EventRecorder(registry, "volume_expand")
        self._greeted: set[str] = set()  # uids of new claims of which it has been told what they wait for

    async def run(self) -> None:
        watched = (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES)
        await follow(self._store, watched, self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        obj = event.object
        if event.resource is PERSISTENTVOLUMECLAIMS:
            if event.previous and event.type == "MODIFIED" and _asked(obj) == _asked(event.previous):
                return
            if event.type == "ADDED":
                self._greet(obj)
            elif event.type == "DELETED":
                self._greeted.discard(obj["metadata"]["uid"])
            yield key_of(obj)
            yield from (key_of(each) for each in self._store.list(PERSISTENTVOLUMES) if _names(each, obj))
            return
        if event.resource is PERSISTENTVOLUMES:
            yield key_of(obj)
        yield from (key_of(each) for each in self._store.list(PERSISTENTVOLUMECLAIMS) if _concerns(event, each))

    def reconcile(self, key: Key) -> float | None:
        if not key[0]:
            volume = self._store.find(PERSISTENTVOLUMES, *key)
            if volume:
                self._settle(volume)
            return None
        claim = self._store.find(PERSISTENTVOLUMECLAIMS, *key)
        if claim is None:
            return None
        if BIND_COMPLETED in annotations_of(claim):
            self._check(claim)
            return None
        if "deletionTimestamp" in claim["metadata"]:
            return None
        bound = self._bind_named(claim) if claim["spec"].get("volumeName") else self._bind_any(claim)
        return None if bound else RESYNC

    def _greet(self, claim: Object) -> None:
        """What is told of a new claim, even when a Pod and its node are there a moment later."""
        told = {BIND_COMPLETED, SELECTED_NODE} & annotations_of(claim).keys()
        if told or claim["spec"].get("volumeName") or not waits_for_consumer(self._store, claim):
            return
        if best_match(claim, self._store.list(PERSISTENTVOLUMES), prebound_only=True) is None:
            self._greeted.add(claim["metadata"]["uid"])
            self._recorder.event(claim, "Normal", "WaitForFirstConsumer", FIRST_CONSUMER)

    # Claims.

    def _bind_any(self, claim: Object) -> bool:
        """Bind it to whatever volume fits, or say what it waits for; whether it is bound."""
        delayed = waits_for_consumer(self._store, claim)
        volumes = self._store.list(PERSISTENTVOLUMES)
        volume = best_match(claim, volumes, prebound_only=delayed)
        if volume:
            self._bind(volume, claim)
            return True
        default = default_class(self._store)
        if not names_class(claim) and default:
            self._change(claim, lambda live: live["spec"].update(storageClassName=default))
        elif delayed and SELECTED_NODE not in annotations_of(claim):
            self._tell_who_waits(claim)
        elif class_of(claim):
            self._ask_provisioner(claim)
        else:
            self._recorder.event(claim, "Normal", "FailedBinding", NO_CLASS)
        return False

    def _bind_named(self, claim: Object) -> bool:
        """Bind it to the volume that it names, if that is there and free; whether it is bound."""
        name = claim["spec"]["volumeName"]
        volume = self._store.find(PERSISTENTVOLUMES, "", name)
        if volume is None:
            return False
        if volume["spec"].get("claimRef") is None:
            why = mismatch(volume, claim)
            if why:
                message = f'Cannot bind to requested volume "{name}": {why}'
                self._recorder.event(claim, "Warning", "VolumeMismatch", message)
                return False
        elif not is_bound_to(volume, claim):
            message = f'volume "{name}" already bound to a different claim.'
            self._recorder.event(claim, "Warning", "FailedBinding", message)
            return False
        self._bind(volume, claim)
        return True

    def _check(self, claim: Object) -> None:
        """A claim that has been bound stays so, or is lost."""
        name = claim["spec"].get("volumeName")
        volume = self._store.find(PERSISTENTVOLUMES, "", name) if name else None
        if not name:
            lost = ("ClaimLost", "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!")
        elif volume is None:
            lost = ("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!")
        elif (volume["spec"].get("claimRef") or {}).get("uid") in (None, claim["metadata"]["uid"]):
            self._bind(volume, claim)
            if requested(claim) > capacity(volume):
                self._expander.event(claim, "Normal", "ExternalExpanding", EXPANDING)
            return
        else:
            lost = ("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
        if claim["status"]["phase"] != "Lost":
            self._registry.update(PERSISTENTVOLUMECLAIMS, {**claim, "status": {"phase": "Lost"}}, subresource="status")
            self._recorder.event(claim, "Warning", *lost)

    def _tell_who_waits(self, claim: Object) -> None:
        uid, pods = claim["metadata"]["uid"], waiting_pods(self._store, claim)
        if uid in self._greeted:
            self._greeted.remove(uid)
        elif not pods:
            self._recorder.event(claim, "Normal", "WaitForFirstConsumer", FIRST_CONSUMER)
        else:
            names = f"{'pods' if len(pods) > 1 else 'pod'} {','.join(pods)}"
            self._recorder.event(claim, "Normal", "WaitForPodScheduled", f"waiting for {names} to be scheduled")

    def _ask_provisioner(self, claim: Object) -> None:
        found = self._store.find(STORAGECLASSES, "", class_of(claim))
        if found is None:
            message = f'storageclass.storage.k8s.io "{class_of(claim)}" not found'
            self._recorder.event(claim, "Warning", "ProvisioningFailed", message)
            return
        provisioner = found["provisioner"]
        if provisioner.startswith(NOT_IN_TREE):
            message = f"no volume plugin matched name: {provisioner}"
            self._recorder.event(claim, "Warning", "ProvisioningFailed", message)
            return
        message = (
            f"Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by "
            "the system administrator. If volume creation is delayed, please verify that the provisioner is running "
            "and correctly registered."
        )
        self._recorder.event(claim, "Normal", "ExternalProvisioning", message)
        self._change(claim, lambda live: annotate(live, *PROVISIONERS, value=provisioner))

    # Volumes.

    def _settle(self, volume: Object) -> None:
        """Give the volume the phase that its claim makes it have, and reclaim it when that has gone."""
        reference = volume["spec"].get("claimRef")
        if reference is None or not reference.get("uid"):
            self._set_phase(volume, "Available")
            return
        named = reference.get("namespace", ""), reference.get("name", "")
        claim = self._store.find(PERSISTENTVOLUMECLAIMS, *named)
        if claim is None or claim["metadata"]["uid"] != reference["uid"]:
            self._release(volume)
        elif claim["spec"].get("volumeName") == volume["metadata"]["name"]:
            self._set_phase(volume, "Bound")
        elif claim["spec"].get("volumeName"):  # bound elsewhere
            if PROVISIONED_BY in annotations_of(volume):
                self._release(volume)
            else:
                self._unbind(volume)

    def _release(self, volume: Object) -> None:
        if volume["status"].get("phase") not in ("Released", "Failed"):
            volume = self._set_phase(volume, "Released")
        why = in_tree_failure(volume)
        if why and volume["status"]["phase"] != "Failed":
            self._set_phase(volume, "Failed", why[1])
            self._recorder.event(volume, "Warning", *why)

    def _unbind(self, volume: Object) -> None:
        def free(live: Object) -> None:
            if annotations_of(live).pop(BOUND_BY_CONTROLLER, None):
                del live["spec"]["claimRef"]
            else:
                live["spec"]["claimRef"].pop("uid", None)

        freed = self._registry.modify(PERSISTENTVOLUMES, *key_of(volume), free)
        self._set_phase(freed, "Available")

    # Both.

    def _bind(self, volume: Object, claim: Object) -> None:
        """First the volume to the claim, then the claim to the volume; what is so already is left alone."""
        volume = self._registry.modify(PERSISTENTVOLUMES, *key_of(volume), lambda live: bind_volume(live, claim))
        volume = self._set_phase(volume, "Bound")
        claim = self._change(claim, lambda live: _bind_claim(live, volume))
        status = {
            **claim["status"],
            "phase": "Bound",
            "accessModes": volume["spec"]["accessModes"],
            "capacity": volume["spec"]["capacity"],
        }
        self._registry.update(PERSISTENTVOLUMECLAIMS, {**claim, "status": status}, subresource="status")

    def _change(self, claim: Object, change: Callable[[Object], None]) -> Object:
        return self._registry.modify(PERSISTENTVOLUMECLAIMS, *key_of(claim), change)

    def _set_phase(self, volume: Object, phase: str, message: str = "") -> Object:
        if volume.get("status", {}).get("phase") == phase:
            return volume
        status = {"phase": phase, "lastPhaseTransitionTime": timestamp(), **({"message": message} if message else {})}
        return self._registry.update(PERSISTENTVOLUMES, {**volume, "status": status}, subresource="status")


def bind_volume(volume: Object, claim: Object) -> None:
    """Make the volume refer to the claim, in place."""
    metadata, reference = claim["metadata"], volume["spec"].get("claimRef") or {}
    if not is_bound_to(volume, claim):
        annotate(volume, BOUND_BY_CONTROLLER)
    if reference.get("uid") != metadata["uid"]:
        volume["spec"]["claimRef"] = reference_to_claim(claim)


def reference_to_claim(claim: Object) -> Object:
    metadata = claim["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        **{field: metadata[field] for field in ("name", "namespace", "uid", "resourceVersion")},
    }


def _bind_claim(claim: Object, volume: Object) -> None:
    name = volume["metadata"]["name"]
    if claim["spec"].get("volumeName") != name:
        claim["spec"]["volumeName"] = name
        annotate(claim, BOUND_BY_CONTROLLER)
    annotate(claim, BIND_COMPLETED)


def _names(volume: Object, claim: Object) -> bool:
    reference = volume["spec"].get("claimRef") or {}
    return (reference.get("namespace"), reference.get("name")) == key_of(claim)


def _asked(claim: Object) -> tuple[object, ...]:
    """What of a claim the binder goes by."""
    annotations = annotations_of(claim)
    waits_for = (annotations.get(SELECTED_NODE), annotations.get(BIND_COMPLETED))
    return claim["spec"], waits_for, "deletionTimestamp" in claim["metadata"]


def _concerns(event: Event, claim: Object) -> bool:
    """Whether a change of a volume or of a class may be what the claim waits for, or cost it its volume."""
    named = claim["spec"].get("volumeName")
    if event.resource is STORAGECLASSES:
        return not named
    volume = event.object
    if named:
        return bool(named == volume["metadata"]["name"])
    return is_bound_to(volume, claim) or volume.get("status", {}).get("phase") == "Available"
