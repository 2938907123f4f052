"""The claims of a StatefulSet's Pods: storage that stays with an ordinal when its Pod is replaced.

Claims are no objects of the API here: what a StatefulSet claims counts as bound, whatever else a Pod names as missing.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage
"""

from __future__ import annotations

from pocketkube.controllers.reconcile import controller_of
from pocketkube.resources import STATEFULSETS
from pocketkube.store import Object, Store


def claimed_volumes(statefulset: Object, pod: str) -> list[Object]:
    """The volumes that the claim templates give to the Pod of that name."""
    names = [each["metadata"]["name"] for each in statefulset["spec"].get("volumeClaimTemplates") or ()]
    return [{"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{pod}"}} for name in names]


def missing_claim(store: Store, pod: Object) -> str:
    """The first claim that the Pod names and nobody has made; "" when there is none."""
    metadata = pod["metadata"]
    owner = controller_of(pod)
    statefulset = (
        store.find(STATEFULSETS, metadata["namespace"], owner["name"])
        if owner and owner["kind"] == STATEFULSETS.kind
        else None
    )
    made = claimed_volumes(statefulset, metadata["name"]) if statefulset else []
    known = {each["persistentVolumeClaim"]["claimName"] for each in made}
    named = (each["persistentVolumeClaim"]["claimName"] for each in _claims(pod))
    return next((each for each in named if each not in known), "")


def _claims(pod: Object) -> list[Object]:
    return [each for each in pod["spec"].get("volumes") or () if "persistentVolumeClaim" in each]
