"""ControllerRevisions: the templates that a DaemonSet or StatefulSet has had, for rollbacks.

Source: k8s.io/kubernetes/pkg/controller/history
"""

from __future__ import annotations

from collections.abc import Callable

from pocketkube.controllers.claims import claim
from pocketkube.controllers.reconcile import key_of, reference_to
from pocketkube.json_copy import copied
from pocketkube.registry import Registry
from pocketkube.resources import CONTROLLERREVISIONS
from pocketkube.store import Object

HASH = "controller-revision-hash"  # on Pods: which revision they are of


class Revisions:
    """Those of one owner. `digest`: of a revision's data, noted on it under `hash_label` and part of its name."""

    def __init__(self, registry: Registry, owner: Object, hash_label: str, digest: Callable[[Object], str]) -> None:
        self._registry = registry
        self._owner = owner
        self._hash_label = hash_label
        self._digest = digest
        self.all = sorted(claim(registry, CONTROLLERREVISIONS, owner), key=_number)

    def current(self) -> Object:
        """The revision of the owner's template, which becomes the newest: made when there is none of it yet."""
        template = self._owner["spec"]["template"]
        data = {"spec": {"template": {**copied(template), "$patch": "replace"}}}
        found = next((each for each in self.all if each.get("data") == data), None)
        newest = max(map(_number, self.all), default=0)
        if found is None:
            found = self._registry.create(CONTROLLERREVISIONS, self._new(data, newest + 1), self._namespace())
            self.all.append(found)
        elif _number(found) != newest:
            self.all.remove(found)
            number = newest + 1
            found = self._registry.modify(
                CONTROLLERREVISIONS, *key_of(found), lambda live: live.update(revision=number)
            )
            self.all.append(found)
        return found

    def forget(self, live: set[str], limit: int) -> None:
        """Delete the oldest of those that no Pod is of, but for the newest `limit`. `live`: their names."""
        idle = [each for each in self.all if each["metadata"]["name"] not in live]
        for each in idle[: max(len(idle) - limit, 0)]:
            self._registry.delete(CONTROLLERREVISIONS, *key_of(each))

    def _new(self, data: Object, number: int) -> Object:
        metadata, template = self._owner["metadata"], self._owner["spec"]["template"]
        digest = self._digest(data)
        annotations = {
            key: value
            for key, value in (metadata.get("annotations") or {}).items()
            if key != "kubectl.kubernetes.io/last-applied-configuration"
        }
        return {
            "metadata": {
                "name": f"{metadata['name']}-{digest}",
                "labels": {**(template["metadata"].get("labels") or {}), self._hash_label: digest},
                **({"annotations": annotations} if annotations else {}),
                "ownerReferences": [reference_to(self._owner)],
            },
            "data": data,
            "revision": number,
        }

    def _namespace(self) -> str:
        return str(self._owner["metadata"]["namespace"])


def _number(revision: Object) -> int:
    return int(revision["revision"])
