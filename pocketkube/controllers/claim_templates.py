"""The claims of a StatefulSet's Pods: storage that stays with an ordinal when its Pod is replaced.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-storage and
k8s.io/kubernetes/pkg/controller/statefulset/stateful_pod_control.go
"""

from __future__ import annotations

from pocketkube.controllers.reconcile import is_terminating, reference_to
from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.json_copy import copied
from pocketkube.registry import Registry
from pocketkube.resources import PERSISTENTVOLUMECLAIMS
from pocketkube.store import Object


class ClaimTemplates:
    """Those of one StatefulSet; `recorder`: tells of claims in the name of its controller."""

    def __init__(self, registry: Registry, recorder: EventRecorder, statefulset: Object) -> None:
        self._registry = registry
        self._recorder = recorder
        self._set = statefulset
        self._templates: list[Object] = statefulset["spec"].get("volumeClaimTemplates") or []

    def volumes(self, pod: str) -> list[Object]:
        """What they give to the Pod of that name."""
        names = [each["metadata"]["name"] for each in self._templates]
        return [{"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{pod}"}} for name in names]

    def make(self, pod: str) -> None:
        """Make the claims that are not there. ApiError when one is refused, or about to go."""
        problems = []
        for template in self._templates:
            name = f"{template['metadata']['name']}-{pod}"
            claim = self._find(name)
            if claim and "deletionTimestamp" in claim["metadata"]:
                problems.append(f"pvc {name} is being deleted")
            elif claim is None:
                try:
                    self._create(template, name, pod)
                except ApiError as error:
                    if is_terminating(error):
                        raise
                    problems.append(f"failed to create PVC {name}: {error}")
        if problems:
            raise ApiError(500, "", problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")

    def is_stale(self, pod: str) -> bool:
        """Whether a claim still belongs to a Pod of that name that is gone, and goes itself."""
        claims = (self._find(f"{each['metadata']['name']}-{pod}") for each in self._templates)
        return any(_owners(claim, "Pod", pod) for claim in claims if claim)

    def keep_owners(self, pod: Object, *, wanted: bool) -> None:
        """Let the claims of a Pod be owned as the retention policy says. `wanted`: the Pod is one of the replicas.

        https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
        """
        policy = self._set["spec"]["persistentVolumeClaimRetentionPolicy"]
        owner = None
        if policy["whenScaled"] == "Delete" and not wanted:
            owner = pod
        elif policy["whenDeleted"] == "Delete":
            owner = self._set
        for template in self._templates:
            claim = self._find(f"{template['metadata']['name']}-{pod['metadata']['name']}")
            if claim:
                self._own(claim, pod, owner)

    def _own(self, claim: Object, pod: Object, owner: Object | None) -> None:
        ours = [
            *_owners(claim, self._set["kind"], self._set["metadata"]["name"]),
            *_owners(claim, pod["kind"], pod["metadata"]["name"]),
        ]
        references = [each for each in claim["metadata"].get("ownerReferences") or () if each not in ours]
        if owner and not any(each.get("controller") for each in references):
            references.append(reference_to(owner))
        if references != (claim["metadata"].get("ownerReferences") or []):
            changed = copied(claim)
            changed["metadata"]["ownerReferences"] = references
            if not references:
                del changed["metadata"]["ownerReferences"]
            self._registry.update(PERSISTENTVOLUMECLAIMS, changed)

    def _create(self, template: Object, name: str, pod: str) -> None:
        metadata = copied(template["metadata"])
        labels = {**(metadata.get("labels") or {}), **(self._set["spec"]["selector"].get("matchLabels") or {})}
        claim = {"metadata": {**metadata, "name": name, "labels": labels}, "spec": copied(template["spec"])}
        owner = self._set["metadata"]["name"]
        try:
            self._registry.create(PERSISTENTVOLUMECLAIMS, claim, self._set["metadata"]["namespace"])
        except ApiError as error:
            if not is_terminating(error):
                message = f"create Claim {name} for Pod {pod} in StatefulSet {owner} failed error: {error}"
                self._recorder.event(self._set, "Warning", "FailedCreate", message)
            raise
        message = f"create Claim {name} Pod {pod} in StatefulSet {owner} success"
        self._recorder.event(self._set, "Normal", "SuccessfulCreate", message)

    def _find(self, name: str) -> Object | None:
        return self._registry.store.find(PERSISTENTVOLUMECLAIMS, self._set["metadata"]["namespace"], name)


def _owners(claim: Object, kind: str, name: str) -> list[Object]:
    """References to an owner of that name."""
    references = claim["metadata"].get("ownerReferences") or ()
    return [each for each in references if (each["kind"], each["name"]) == (kind, name)]
