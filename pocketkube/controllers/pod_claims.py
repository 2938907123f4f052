"""What the scheduler asks of a Pod's claims: k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumebinding"""

from __future__ import annotations

from pocketkube.admission.storage.storage_plugins import class_of
from pocketkube.controllers.reconcile import is_finished, key_of, owned_by
from pocketkube.controllers.volumes.annotations import SELECTED_NODE, annotate, annotations_of
from pocketkube.controllers.volumes.binder import bind_volume
from pocketkube.controllers.volumes.consumers import claims_of, users
from pocketkube.controllers.volumes.matching import best_match, is_bound, waits_for_consumer
from pocketkube.json_copy import copied
from pocketkube.placement.volume_affinity import is_reachable
from pocketkube.registry import Registry
from pocketkube.resources import PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, PODS, STORAGECLASSES
from pocketkube.store import Event, Object, Store

UNBOUND = "pod has unbound immediate PersistentVolumeClaims"
ONE_POD_ONLY = "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
UNREACHABLE = "node(s) had volume node affinity conflict"
NO_VOLUME = "node(s) didn't find available persistent volumes to bind"
GONE = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
NOT_PROVISIONED = "kubernetes.io/no-provisioner"


class PodClaims:
    """Those of one Pod that has no node yet."""

    def __init__(self, registry: Registry, pod: Object) -> None:
        self._registry = registry
        self._store = registry.store
        self._pod = pod
        namespace = pod["metadata"]["namespace"]
        self._names = claims_of(pod)
        found = (self._store.find(PERSISTENTVOLUMECLAIMS, namespace, name) for name in self._names)
        self._claims = [claim for claim in found if claim]
        self._bound = [claim for claim in self._claims if is_bound(claim)]
        self._unbound = [claim for claim in self._claims if not is_bound(claim)]

    def refusal(self) -> str:
        """Why the Pod can go to no node at all, in the scheduler's words; "" when it is not for its claims."""
        there = {claim["metadata"]["name"]: claim for claim in self._claims}
        for name in self._names:
            claim = there.get(name)
            if claim is None:
                return self._missing(name)
            if claim["status"]["phase"] == "Lost":
                volume = claim["spec"].get("volumeName", "")
                return f'persistentvolumeclaim "{name}" bound to non-existent persistentvolume "{volume}"'
            if "deletionTimestamp" in claim["metadata"]:
                return f'persistentvolumeclaim "{name}" is being deleted'
            if self._is_ephemeral(name) and not owned_by(claim, self._pod):
                namespace, pod = key_of(self._pod)
                return f"PVC {namespace}/{name} was not created for pod {namespace}/{pod} (pod is not owner)"
        if any(claim["spec"].get("volumeName") or not self._waits(claim) for claim in self._unbound):
            return UNBOUND
        return ""

    def conflicts(self, node: Object) -> tuple[list[str], bool]:
        """Why it cannot go to this node, and that no preemption would help."""
        if not self._names:
            return [], False
        if any(self._is_taken(claim) for claim in self._claims):
            return [ONE_POD_ONLY], False
        volumes = [self._store.find(PERSISTENTVOLUMES, "", claim["spec"]["volumeName"]) for claim in self._bound]
        reasons = []
        if any(volume and not is_reachable(volume, node) for volume in volumes):
            reasons.append(UNREACHABLE)
        if self._choice(node) is None:
            reasons.append(NO_VOLUME)
        return reasons + ([GONE] if None in volumes else []), True

    def settle(self, node: Object) -> bool:
        """Begin to bind what is unbound to volumes of the node; whether there is nothing to wait for."""
        for claim, volume in self._choice(node) or ():
            if volume:
                reserved = copied(volume)
                bind_volume(reserved, claim)
                self._registry.update(PERSISTENTVOLUMES, reserved)
            else:
                asking = copied(claim)
                annotate(asking, SELECTED_NODE, value=node["metadata"]["name"])
                self._registry.update(PERSISTENTVOLUMECLAIMS, asking)
        return not self._unbound

    def _choice(self, node: Object) -> list[tuple[Object, Object | None]] | None:
        """For each unbound claim a volume that is there, or None where one is to be made; None when neither can be."""
        chosen: list[tuple[Object, Object | None]] = []
        free = self._store.list(PERSISTENTVOLUMES)
        for claim in self._unbound:
            selected = annotations_of(claim).get(SELECTED_NODE)
            volume = None if selected else best_match(claim, free, node=node)
            if volume:
                free = [each for each in free if each is not volume]
            elif selected not in (None, node["metadata"]["name"]) or not self._can_be_made(claim):
                return None
            chosen.append((claim, volume))
        return chosen

    def _can_be_made(self, claim: Object) -> bool:
        found = self._store.find(STORAGECLASSES, "", class_of(claim))
        return found is not None and found["provisioner"] != NOT_PROVISIONED

    def _waits(self, claim: Object) -> bool:
        return waits_for_consumer(self._store, claim)

    def _is_taken(self, claim: Object) -> bool:
        """Whether a claim that is for one Pod alone has one."""
        if "ReadWriteOncePod" not in claim["spec"]["accessModes"]:
            return False
        return any(pod["spec"].get("nodeName") and not is_finished(pod) for pod in users(self._store, claim))

    def _missing(self, name: str) -> str:
        if self._is_ephemeral(name):
            return f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{name}"'
        return f'persistentvolumeclaim "{name}" not found'

    def _is_ephemeral(self, name: str) -> bool:
        """Whether the claim is to be the Pod's own."""
        ephemeral = [each for each in self._pod["spec"]["volumes"] if "ephemeral" in each]
        return any(f"{self._pod['metadata']['name']}-{each['name']}" == name for each in ephemeral)


def waiting_for(store: Store, event: Event) -> list[Object]:
    """The Pods without a node that a change of a claim, a volume or a class may help."""
    waiting = [pod for pod in store.list(PODS) if not pod["spec"].get("nodeName") and claims_of(pod)]
    obj = event.object
    if event.resource is PERSISTENTVOLUMECLAIMS:
        namespace, name = key_of(obj)
    elif event.resource is PERSISTENTVOLUMES and obj["spec"].get("claimRef"):
        reference = obj["spec"]["claimRef"]
        namespace, name = reference.get("namespace", ""), reference.get("name", "")
    else:
        return waiting
    return [pod for pod in waiting if pod["metadata"]["namespace"] == namespace and name in claims_of(pod)]
