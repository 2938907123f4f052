"""Deployments: a ReplicaSet for each Pod template, scaled so that a change rolls out.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Callable, Iterable

from pocketkube.controllers.reconcile import Key, controller_of, follow, key_of, owned_by, reference_to
from pocketkube.events import EventRecorder
from pocketkube.registry import NAME_LETTERS, Registry, timestamp
from pocketkube.resources import DEPLOYMENTS, REPLICASETS, Resource
from pocketkube.store import Event, Object

REVISION = "deployment.kubernetes.io/revision"
HASH = "pod-template-hash"


class DeploymentController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._recorder = EventRecorder(registry, "deployment-controller")

    async def run(self) -> None:
        await follow(self._store, (DEPLOYMENTS, REPLICASETS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is DEPLOYMENTS:
            return [key_of(event.object)]
        owner = controller_of(event.object)
        return [(event.object["metadata"]["namespace"], owner["name"])] if owner else []

    def reconcile(self, key: Key) -> None:
        deployment = self._store.find(DEPLOYMENTS, *key)
        if deployment is None or "deletionTimestamp" in deployment["metadata"]:
            return
        sets = [each for each in self._store.list(REPLICASETS, key[0]) if owned_by(each, deployment)]
        current = next((each for each in sets if _same_template(each, deployment)), None)
        if not deployment["spec"].get("paused"):
            if current is None:
                current = self._create(deployment, sets)
                sets.append(current)
            self._make_newest(deployment, current, sets)
            self._roll(deployment, current, [each for each in sets if each is not current])
        self._forget_old(deployment, current, sets)
        self._report(key, current)

    def _create(self, deployment: Object, sets: list[Object]) -> Object:
        template = copy.deepcopy(deployment["spec"]["template"])
        digest = template_hash(template)
        labels = {**(template["metadata"].get("labels") or {}), HASH: digest}
        template["metadata"]["labels"] = labels
        selector = copy.deepcopy(deployment["spec"]["selector"])
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH: digest}
        name = f"{deployment['metadata']['name']}-{digest}"
        made = {
            "metadata": {
                "name": name,
                "labels": labels,
                "annotations": {REVISION: str(_newest(sets) + 1)},
                "ownerReferences": [reference_to(deployment)],
            },
            "spec": {"replicas": 0, "selector": selector, "template": template},
        }
        return self._registry.create(REPLICASETS, made, deployment["metadata"]["namespace"])

    def _make_newest(self, deployment: Object, current: Object, sets: list[Object]) -> None:
        """The ReplicaSet in use carries the highest revision (after an undo too), and the Deployment names it."""
        newest = _newest(each for each in sets if each is not current)
        revision = max(_revision(current), newest + 1)
        if revision != _revision(current):
            self._annotate(REPLICASETS, current, revision)
        if (deployment["metadata"].get("annotations") or {}).get(REVISION) != str(revision):
            self._annotate(DEPLOYMENTS, deployment, revision)

    def _annotate(self, resource: Resource, obj: Object, revision: int) -> None:
        def annotate(live: Object) -> None:
            live["metadata"].setdefault("annotations", {})[REVISION] = str(revision)

        self._registry.modify(resource, *key_of(obj), annotate)

    def _roll(self, deployment: Object, current: Object, others: list[Object]) -> None:
        wanted = deployment["spec"]["replicas"]
        running = [each for each in others if each["spec"]["replicas"] or each.get("status", {}).get("replicas")]
        if not running:
            self._scale(deployment, current, wanted)
            return
        if deployment["spec"]["strategy"]["type"] == "Recreate":
            for each in running:
                self._scale(deployment, each, 0)
            if not any(each.get("status", {}).get("replicas") for each in running):
                self._scale(deployment, current, wanted)
            return
        rolling = deployment["spec"]["strategy"]["rollingUpdate"]
        surge = _share(rolling["maxSurge"], wanted, math.ceil)
        missing = _share(rolling["maxUnavailable"], wanted, math.floor)
        if surge == missing == 0:
            missing = 1
        total = current["spec"]["replicas"] + sum(each["spec"]["replicas"] for each in others)
        more = min(wanted - current["spec"]["replicas"], wanted + surge - total)
        self._scale(deployment, current, current["spec"]["replicas"] + max(more, 0))
        available = sum(each.get("status", {}).get("availableReplicas", 0) for each in (current, *others))
        spare = available - (wanted - missing)
        for each in running:
            unavailable = each["spec"]["replicas"] - each.get("status", {}).get("availableReplicas", 0)
            fewer = min(each["spec"]["replicas"], max(unavailable, 0) + max(spare, 0))
            spare -= max(fewer - max(unavailable, 0), 0)
            self._scale(deployment, each, each["spec"]["replicas"] - fewer)

    def _scale(self, deployment: Object, replicaset: Object, replicas: int) -> None:
        before = replicaset["spec"]["replicas"]
        if before == replicas:
            return
        self._registry.modify(REPLICASETS, *key_of(replicaset), lambda live: live["spec"].update(replicas=replicas))
        direction = "up" if replicas > before else "down"
        name = replicaset["metadata"]["name"]
        message = f"Scaled {direction} replica set {name} from {before} to {replicas}"
        self._recorder.event(deployment, "Normal", "ScalingReplicaSet", message)

    def _forget_old(self, deployment: Object, current: Object | None, sets: list[Object]) -> None:
        idle = [
            each
            for each in sets
            if each is not current and not each["spec"]["replicas"] and not each.get("status", {}).get("replicas")
        ]
        limit = deployment["spec"]["revisionHistoryLimit"]
        for each in sorted(idle, key=_revision)[: max(len(idle) - limit, 0)]:
            self._registry.delete(REPLICASETS, *key_of(each))

    def _report(self, key: Key, current: Object | None) -> None:
        deployment = self._store.get(DEPLOYMENTS, *key)
        sets = [each for each in self._store.list(REPLICASETS, key[0]) if owned_by(each, deployment)]
        current = next(
            (each for each in sets if current and each["metadata"]["uid"] == current["metadata"]["uid"]), None
        )
        wanted = deployment["spec"]["replicas"]
        count = {
            field: sum(each.get("status", {}).get(field, 0) for each in sets)
            for field in ("replicas", "readyReplicas", "availableReplicas")
        }
        updated = current.get("status", {}).get("replicas", 0) if current else 0
        available = count["availableReplicas"]
        status: Object = {
            "observedGeneration": deployment["metadata"]["generation"],
            "replicas": count["replicas"],
            "updatedReplicas": updated,
            "readyReplicas": count["readyReplicas"],
            "availableReplicas": available,
            "unavailableReplicas": max(wanted - available, 0),
        }
        status = {field: value for field, value in status.items() if value}
        done = updated == wanted == count["replicas"] == available
        status["conditions"] = _conditions(deployment, current, wanted, available, done=done)
        status["conditions"] += _replica_failures(deployment, current, sets)
        self._registry.update(DEPLOYMENTS, {**deployment, "status": status}, subresource="status")


def template_hash(template: Object) -> str:
    """Stable for equal templates, and made of letters that spell no words."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(NAME_LETTERS[byte % len(NAME_LETTERS)] for byte in digest[:10])


def _same_template(replicaset: Object, deployment: Object) -> bool:
    template = copy.deepcopy(replicaset["spec"]["template"])
    template["metadata"].get("labels", {}).pop(HASH, None)
    return bool(template == deployment["spec"]["template"])


def _revision(replicaset: Object) -> int:
    return int((replicaset["metadata"].get("annotations") or {}).get(REVISION, 0))


def _newest(sets: Iterable[Object]) -> int:
    return max((_revision(each) for each in sets), default=0)


def _share(value: int | str, of: int, rounded: Callable[[float], int]) -> int:
    """A number of Pods, from itself or from a percentage such as "25%"."""
    return value if isinstance(value, int) else rounded(int(value.rstrip("%")) * of / 100)


def _conditions(deployment: Object, current: Object | None, wanted: int, available: int, *, done: bool) -> list[Object]:
    strategy = deployment["spec"]["strategy"]
    missing = _share((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 0), wanted, math.floor)
    name = current["metadata"]["name"] if current else ""
    if available >= wanted - missing:
        enough = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        enough = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    if done:
        progress = ("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.')
    else:
        progress = ("True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')
    old = {each["type"]: each for each in deployment.get("status", {}).get("conditions", ())}
    return [_condition(old.get(kind), kind, *what) for kind, what in (("Available", enough), ("Progressing", progress))]


def _replica_failures(deployment: Object, current: Object | None, sets: list[Object]) -> list[Object]:
    """Why Pods cannot be created: what the newest ReplicaSet says goes before what the others say."""
    newest_first = sorted(sets, key=lambda each: each is not current)
    found = [condition for each in newest_first for condition in each.get("status", {}).get("conditions") or ()]
    old = {each["type"]: each for each in deployment.get("status", {}).get("conditions", ())}
    return [
        _condition(old.get(each["type"]), each["type"], each["status"], each["reason"], each["message"])
        for each in found[:1]
    ]


def _condition(old: Object | None, kind: str, status: str, reason: str, message: str) -> Object:
    if old and (old["status"], old["reason"], old["message"]) == (status, reason, message):
        return old
    now = timestamp()
    since = old["lastTransitionTime"] if old and old["status"] == status else now
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastUpdateTime": now,
        "lastTransitionTime": since,
    }
