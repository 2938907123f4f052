"""Deployments: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.controllers.claims import claim, owner_keys
from pocketkube.controllers.deployments import rollout, status
from pocketkube.controllers.deployments.annotations import (
    REVISION,
    newest_revision,
    of_current,
    of_size,
    revision_of,
)
from pocketkube.controllers.hashes import template_hash
from pocketkube.controllers.own_status import OwnStatus
from pocketkube.controllers.reconcile import (
    Key,
    controller_of,
    follow,
    is_finished,
    is_terminating,
    key_of,
    reference_to,
)
from pocketkube.errors import ApiError
from pocketkube.events import EventRecorder
from pocketkube.json_copy import copied
from pocketkube.registry import Registry
from pocketkube.resources import DEPLOYMENTS, PODS, REPLICASETS
from pocketkube.store import Event, Object

HASH = "pod-template-hash"


class DeploymentController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "deployment-controller")
        self._status = OwnStatus(registry, DEPLOYMENTS)

    async def run(self) -> None:
        await follow(self._store, (DEPLOYMENTS, REPLICASETS, PODS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is DEPLOYMENTS:
            return [] if self._status.comes_of_it(event) else [key_of(event.object)]
        if event.resource is REPLICASETS:
            return owner_keys(self._store, DEPLOYMENTS, event)
        return self._recreating(event.object) if event.type == "DELETED" else []

    def _recreating(self, pod: Object) -> Iterable[Key]:
        """Whoever waits for the last of its old Pods to be gone."""
        owner = controller_of(pod)
        if owner and owner["kind"] == "ReplicaSet":
            namespace = pod["metadata"]["namespace"]
            replicaset = self._store.find(REPLICASETS, namespace, owner["name"])
            above = controller_of(replicaset) if replicaset else None
            if above:
                yield namespace, above["name"]

    def reconcile(self, key: Key) -> float | None:
        deployment = self._store.find(DEPLOYMENTS, *key)
        if deployment is None or "deletionTimestamp" in deployment["metadata"]:
            return None
        sets = sorted(claim(self._registry, REPLICASETS, deployment), key=_age)
        current = next((each for each in sets if _same_template(each, deployment)), None)
        conditions = copied(deployment.get("status", {}).get("conditions") or [])
        status.tell_pause(deployment, conditions)
        if deployment["spec"].get("paused") or (current and rollout.was_scaled(deployment, sets)):
            if current and not deployment["spec"].get("paused"):
                self._make_newest(deployment, current, sets)
            if sets:
                self._scale(deployment, sets, rollout.in_proportion(deployment, current, sets), note_all=True)
        else:
            current = self._roll(deployment, current, sets, conditions)
        return self._report(key, current, conditions)

    def _roll(
        self, deployment: Object, current: Object | None, sets: list[Object], conditions: list[Object]
    ) -> Object | None:
        """One step of the rollout; the ReplicaSet of the template, which is made when its time has come."""
        old = [each for each in sets if each is not current]
        if deployment["spec"]["strategy"]["type"] == "Recreate" and (
            self._scale(deployment, old, {each["metadata"]["name"]: 0 for each in old}) or self._has_pods(old)
        ):
            return current
        others = sum(each["spec"]["replicas"] for each in old)
        if current is None:
            current = self._create(deployment, sets, rollout.new_size(deployment, 0, others), conditions)
            message = f'Created new replica set "{current["metadata"]["name"]}"'
            status.put(conditions, status.PROGRESSING, "True", "NewReplicaSetCreated", message)
            self._make_newest(deployment, current, [*sets, current])
            return current
        if status.find(conditions, status.PROGRESSING) is None:
            message = f'Found new replica set "{current["metadata"]["name"]}"'
            status.put(conditions, status.PROGRESSING, "True", "FoundNewReplicaSet", message)
        self._make_newest(deployment, current, sets)
        size = rollout.new_size(deployment, current["spec"]["replicas"], others)
        if not self._scale(deployment, [current], {current["metadata"]["name"]: size}) and old:
            self._scale(deployment, old, rollout.shrink_old(deployment, current, old))
        if status.is_complete(deployment, status.counts(deployment, current, sets)):
            self._forget_old(deployment, old)
        return current

    def _create(self, deployment: Object, sets: list[Object], replicas: int, conditions: list[Object]) -> Object:
        template = copied(deployment["spec"]["template"])
        digest = template_hash(template, deployment.get("status", {}).get("collisionCount"))
        labels = {**(template["metadata"].get("labels") or {}), HASH: digest}
        template["metadata"]["labels"] = labels
        selector = copied(deployment["spec"]["selector"])
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH: digest}
        metadata: Object = {
            "name": f"{deployment['metadata']['name']}-{digest}",
            "labels": labels,
            "ownerReferences": [reference_to(deployment)],
        }
        revision = newest_revision(sets) + 1
        metadata["annotations"] = of_current(deployment, {"metadata": metadata}, revision) | of_size(deployment)
        spec = {"replicas": replicas, "selector": selector, "template": template}
        seconds = deployment["spec"].get("minReadySeconds")
        if seconds:
            spec["minReadySeconds"] = seconds
        try:
            made = self._registry.create(
                REPLICASETS, {"metadata": metadata, "spec": spec}, deployment["metadata"]["namespace"]
            )
        except ApiError as error:
            self._tell_of_refusal(deployment, metadata["name"], error, conditions)
            raise
        if replicas:
            self._tell(deployment, made, 0, replicas)
        return made

    def _tell_of_refusal(self, deployment: Object, name: str, error: ApiError, conditions: list[Object]) -> None:
        """A name that another ReplicaSet has is counted, so that the next one differs."""
        found = copied(deployment.get("status") or {})
        if error.reason == "AlreadyExists":
            found["collisionCount"] = found.get("collisionCount", 0) + 1
        elif is_terminating(error):
            return
        else:
            message = f'Failed to create new replica set "{name}": {error}'
            if deployment["spec"]["progressDeadlineSeconds"] != status.NO_DEADLINE:
                status.put(conditions, status.PROGRESSING, "False", "ReplicaSetCreateError", message)
            found["conditions"] = conditions
            self._recorder.event(deployment, "Warning", "ReplicaSetCreateError", message)
        self._registry.update(DEPLOYMENTS, {**deployment, "status": found}, subresource="status")

    def _make_newest(self, deployment: Object, current: Object, sets: list[Object]) -> None:
        """The ReplicaSet in use carries the highest revision (after an undo too), and the Deployment names it."""
        newest = newest_revision(each for each in sets if each is not current)
        revision = max(revision_of(current), newest + 1)
        annotations = of_current(deployment, current, revision)
        seconds = deployment["spec"].get("minReadySeconds", 0)
        is_same = seconds == current["spec"].get("minReadySeconds", 0)

        def bring_up_to_date(live: Object) -> None:
            live["metadata"]["annotations"] = annotations
            if not is_same:
                live["spec"]["minReadySeconds"] = seconds

        if not is_same or annotations != current["metadata"].get("annotations"):
            self._registry.modify(REPLICASETS, *key_of(current), bring_up_to_date)
        if (deployment["metadata"].get("annotations") or {}).get(REVISION) != str(revision):
            self._registry.modify(
                DEPLOYMENTS,
                *key_of(deployment),
                lambda live: live["metadata"].setdefault("annotations", {}).update({REVISION: str(revision)}),
            )

    def _scale(self, deployment: Object, sets: list[Object], sizes: rollout.Sizes, *, note_all: bool = False) -> bool:
        """Write the sizes that differ; whether any did. `note_all`: write what was meant even where none does."""
        changed = False
        note = of_size(deployment)
        for each in sets:
            before = each["spec"]["replicas"]
            replicas = sizes.get(each["metadata"]["name"], before)
            noted = note.items() <= (each["metadata"].get("annotations") or {}).items()
            if before == replicas and (noted or not note_all):
                continue

            def resize(live: Object, replicas: int = replicas) -> None:
                live["spec"]["replicas"] = replicas
                live["metadata"].setdefault("annotations", {}).update(note)

            self._registry.modify(REPLICASETS, *key_of(each), resize)
            if before != replicas:
                changed = True
                self._tell(deployment, each, before, replicas)
        return changed

    def _tell(self, deployment: Object, replicaset: Object, before: int, replicas: int) -> None:
        direction = "up" if replicas > before else "down"
        name = replicaset["metadata"]["name"]
        message = f"Scaled {direction} replica set {name} from {before} to {replicas}"
        self._recorder.event(deployment, "Normal", "ScalingReplicaSet", message)

    def _has_pods(self, sets: list[Object]) -> bool:
        """Whether a Pod of them still runs, or is on its way out."""
        uids = {each["metadata"]["uid"] for each in sets}
        return any(
            (controller_of(pod) or {}).get("uid") in uids and not is_finished(pod)
            for namespace in {each["metadata"]["namespace"] for each in sets}
            for pod in self._store.list(PODS, namespace)
        )

    def _forget_old(self, deployment: Object, old: list[Object]) -> None:
        idle = [each for each in old if not each["spec"]["replicas"] and not each.get("status", {}).get("replicas")]
        limit = deployment["spec"]["revisionHistoryLimit"]
        for each in sorted(idle, key=revision_of)[: max(len(idle) - limit, 0)]:
            self._registry.delete(REPLICASETS, *key_of(each))

    def _report(self, key: Key, current: Object | None, conditions: list[Object]) -> float | None:
        deployment = self._store.get(DEPLOYMENTS, *key)
        sets = claim(self._registry, REPLICASETS, deployment)
        uid = current["metadata"]["uid"] if current else ""
        current = next((each for each in sets if each["metadata"]["uid"] == uid), None)
        found = status.counts(deployment, current, sets)
        status.tell_availability(deployment, found, conditions)
        status.tell_failures(current, sets, conditions)
        delay = None
        if not deployment["spec"].get("paused"):
            delay = status.tell_progress(deployment, current, found, conditions)
        found["conditions"] = conditions
        self._status.report(deployment, found)
        return delay


def _same_template(replicaset: Object, deployment: Object) -> bool:
    template = replicaset["spec"]["template"]
    labels = {name: value for name, value in template["metadata"]["labels"].items() if name != HASH}
    without_hash = {**template, "metadata": {**template["metadata"], "labels": labels}}
    return bool(without_hash == deployment["spec"]["template"])


def _age(obj: Object) -> tuple[str, int]:
    return obj["metadata"]["creationTimestamp"], int(obj["metadata"]["resourceVersion"])
