"""Which objects belong to a controller: those that name it as theirs, and orphans that its selector chooses.

Source: k8s.io/kubernetes/pkg/controller/controller_ref_manager.go
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.controllers.reconcile import Key, controller_of, key_of, owned_by, reference_to
from pocketkube.label_selector import selector_of, selects
from pocketkube.registry import Registry
from pocketkube.resources import Resource
from pocketkube.store import Event, Object, Store


def claim(registry: Registry, resource: Resource, owner: Object) -> list[Object]:
    """The objects of `owner`: what its selector no longer chooses is released, orphans that it does are adopted."""
    selector, namespace = selector_of(owner), owner["metadata"]["namespace"]
    claimed = []
    for obj in registry.store.list(resource, namespace):
        matches = selects(selector, obj["metadata"].get("labels") or {})
        leaving = "deletionTimestamp" in obj["metadata"]
        if owned_by(obj, owner):
            if matches or leaving:
                claimed.append(obj)
            else:
                _change_references(registry, resource, obj, remove=owner)
        elif matches and not leaving and controller_of(obj) is None:
            claimed.append(_change_references(registry, resource, obj, add=owner))
    return claimed


def owner_keys(store: Store, owners: Resource, event: Event) -> Iterable[Key]:
    """Keys of the owners of one kind that a change of a dependent concerns: its controller, or who may adopt it."""
    namespace = event.object["metadata"]["namespace"]
    for obj in filter(None, (event.object, event.previous)):
        controller = controller_of(obj)
        if controller and controller["kind"] == owners.kind:
            yield namespace, controller["name"]
    if controller_of(event.object) is None:
        labels = event.object["metadata"].get("labels") or {}
        for owner in store.list(owners, namespace):
            if selects(selector_of(owner), labels):
                yield key_of(owner)


def _change_references(
    registry: Registry, resource: Resource, obj: Object, *, add: Object | None = None, remove: Object | None = None
) -> Object:
    def change(live: Object) -> None:
        references = live["metadata"].get("ownerReferences") or []
        if remove:
            references = [each for each in references if each["uid"] != remove["metadata"]["uid"]]
        if add:
            references = [*references, reference_to(add)]
        live["metadata"]["ownerReferences"] = references
        if not references:
            del live["metadata"]["ownerReferences"]

    return registry.modify(resource, *key_of(obj), change)
