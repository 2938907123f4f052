"""Which volume a claim may be bound to: k8s.io/component-helpers/storage/volume/pv_helpers.go"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.admission.storage.storage_plugins import class_of
from pocketkube.controllers.volumes.annotations import BIND_COMPLETED, annotations_of
from pocketkube.label_selector import selects
from pocketkube.placement.volume_affinity import is_reachable
from pocketkube.quantity import parse
from pocketkube.resources import STORAGECLASSES
from pocketkube.store import Object, Store

WAITS = "WaitForFirstConsumer"


def best_match(
    claim: Object, volumes: Iterable[Object], *, node: Object | None = None, prebound_only: bool = False
) -> Object | None:
    """The volume that is bound to the claim beforehand, or else the smallest that is large enough.

    `node`: where it is to be reachable. `prebound_only`: nothing is chosen before a Pod is.
    """
    fitting = []
    for volume in volumes:
        if not _is_candidate(claim, volume):
            continue
        reachable = node is None or is_reachable(volume, node)
        if is_bound_to(volume, claim):
            return volume if reachable else None
        if not prebound_only and reachable and _is_free(claim, volume):
            fitting.append(volume)
    return min(fitting, key=_size_and_modes, default=None)


def mismatch(volume: Object, claim: Object) -> str:
    """Why a volume that the claim names does not satisfy it; "" when it does."""
    if "deletionTimestamp" in volume["metadata"]:
        return f'the volume is marked for deletion "{volume["metadata"]["name"]}"'
    if capacity(volume) < _asked(claim):
        return "requested PV is too small"
    if class_of(volume) != class_of(claim):
        return "storageClassName does not match"
    if volume["spec"]["volumeMode"] != claim["spec"]["volumeMode"]:
        return "incompatible volumeMode"
    if not _has_modes(volume, claim):
        return "incompatible accessMode"
    return ""


def is_bound_to(volume: Object, claim: Object) -> bool:
    """Whether the volume names the claim; without a uid it is reserved for any claim of that name."""
    reference = volume["spec"].get("claimRef")
    if reference is None:
        return False
    metadata = claim["metadata"]
    named = (reference.get("namespace"), reference.get("name")) == (metadata["namespace"], metadata["name"])
    return named and reference.get("uid") in (None, "", metadata["uid"])


def is_bound(claim: Object) -> bool:
    return bool(claim["spec"].get("volumeName")) and BIND_COMPLETED in annotations_of(claim)


def waits_for_consumer(store: Store, claim: Object) -> bool:
    """Whether the claim's class binds only once a Pod that uses the claim has a node."""
    found = store.find(STORAGECLASSES, "", class_of(claim))
    return found is not None and found["volumeBindingMode"] == WAITS


def capacity(volume: Object) -> int:
    """Bytes, in billionths."""
    return parse(volume["spec"]["capacity"]["storage"]).nano


def _is_candidate(claim: Object, volume: Object) -> bool:
    reference = volume["spec"].get("claimRef")
    return (
        (reference is None or is_bound_to(volume, claim))
        and capacity(volume) >= _asked(claim)
        and volume["spec"]["volumeMode"] == claim["spec"]["volumeMode"]
        and (volume["spec"].get("volumeAttributesClassName") or "")
        == (claim["spec"].get("volumeAttributesClassName") or "")
        and "deletionTimestamp" not in volume["metadata"]
        and _has_modes(volume, claim)
    )


def _is_free(claim: Object, volume: Object) -> bool:
    selector = claim["spec"].get("selector")
    return (
        volume.get("status", {}).get("phase") == "Available"
        and (selector is None or selects(selector, volume["metadata"].get("labels") or {}))
        and class_of(volume) == class_of(claim)
    )


def _has_modes(volume: Object, claim: Object) -> bool:
    return set(claim["spec"]["accessModes"]) <= set(volume["spec"]["accessModes"])


def _size_and_modes(volume: Object) -> tuple[int, int]:
    """Volumes with few access modes are tried first."""
    return len(volume["spec"]["accessModes"]), capacity(volume)


def _asked(claim: Object) -> int:
    return parse(claim["spec"]["resources"]["requests"]["storage"]).nano
