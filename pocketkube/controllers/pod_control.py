"""How controllers create and delete their Pods, and the events that tell of it.

Source: k8s.io/kubernetes/pkg/controller/controller_utils.go
"""

from __future__ import annotations

from collections import Counter

from pocketkube.controllers.reconcile import is_terminating, key_of, reference_to
from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.json_copy import copied
from pocketkube.pod_readiness import is_ready
from pocketkube.registry import Registry
from pocketkube.resources import PODS
from pocketkube.store import Object

COST = "controller.kubernetes.io/pod-deletion-cost"


class PodControl:
    """Pods of owners of one kind, in the name of the controller `component`."""

    def __init__(self, registry: Registry, component: str) -> None:
        self._registry = registry
        self.recorder = EventRecorder(registry, component)

    def create(self, owner: Object, template: Object, generate_name: str = "") -> Object:
        """A Pod of `template`, which the owner controls. ApiError when it is refused, which is told of."""
        metadata = {
            **copied(template["metadata"]),
            "generateName": generate_name or f"{owner['metadata']['name']}-",
            "ownerReferences": [reference_to(owner)],
        }
        namespace = owner["metadata"]["namespace"]
        try:
            pod = self._registry.create(PODS, {"metadata": metadata, "spec": template["spec"]}, namespace)
        except ApiError as error:
            if not is_terminating(error):
                self.recorder.event(owner, "Warning", "FailedCreate", f"Error creating: {error}")
            raise
        self.recorder.event(owner, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")
        return pod

    def create_many(self, owner: Object, template: Object, count: int) -> tuple[list[Object], ApiError | None]:
        """One, then two, then four at a time: once one of them is refused, those after them are not tried."""
        made: list[Object] = []
        refused: ApiError | None = None
        together = 1
        while count and not refused:
            together = min(together, count)
            for _ in range(together):
                try:
                    made.append(self.create(owner, template))
                except ApiError as error:
                    refused = refused or error
            count -= together
            together *= 2
        return made, refused

    def delete(self, owner: Object, pod: Object) -> None:
        self._registry.delete(PODS, *key_of(pod))
        self.recorder.event(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")


def deletion_order(pods: list[Object]) -> list[Object]:
    """Whoever is missed least first: unassigned, pending, not ready, cheap to delete, newest.

    Sources: ActivePodsWithRanks in controller_utils.go, and
    https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost
    """
    beside = Counter(pod["spec"].get("nodeName") for pod in pods)

    def rank(pod: Object) -> tuple[bool, bool, bool, int, int, int, int]:
        status = pod.get("status", {})
        restarts = max((each["restartCount"] for each in status.get("containerStatuses") or ()), default=0)
        cost = (pod["metadata"].get("annotations") or {}).get(COST, "0")
        return (
            bool(pod["spec"].get("nodeName")),
            status.get("phase") != "Pending",
            is_ready(pod),
            int(cost) if cost.lstrip("-").isdigit() else 0,
            -beside[pod["spec"].get("nodeName")],
            -restarts,
            -int(pod["metadata"]["resourceVersion"]),
        )

    return sorted(pods, key=rank)
