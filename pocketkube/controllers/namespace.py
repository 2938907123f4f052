"""Namespaces: what each begins with, and its end, when everything in it goes first."""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.controllers.reconcile import Key, follow, key_of
from pocketkube.registry import Registry
from pocketkube.resources import CONFIGMAPS, NAMESPACES, SERVED, SERVICEACCOUNTS
from pocketkube.store import Event, Object

ROOT_CA = "kube-root-ca.crt"
NAMESPACED = tuple(resource for resource in SERVED if resource.namespaced)


class NamespaceController:
    def __init__(self, registry: Registry, ca_certificate: str) -> None:
        self._registry = registry
        self._store = registry.store
        self._ca_certificate = ca_certificate

    async def run(self) -> None:
        await follow(self._store, SERVED, self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        if event.resource is NAMESPACES:
            return [key_of(event.object)]
        namespace = event.object["metadata"].get("namespace")
        return [("", namespace)] if namespace and event.type == "DELETED" else []

    def reconcile(self, key: Key) -> None:
        namespace = self._store.find(NAMESPACES, *key)
        if namespace is None:
            return
        if "deletionTimestamp" in namespace["metadata"]:
            self._empty(namespace)
        else:
            self._furnish(key[1])

    def _furnish(self, name: str) -> None:
        if self._store.find(SERVICEACCOUNTS, name, "default") is None:
            self._registry.create(SERVICEACCOUNTS, {"metadata": {"name": "default"}}, name)
        if self._store.find(CONFIGMAPS, name, ROOT_CA) is None:
            data = {"metadata": {"name": ROOT_CA}, "data": {"ca.crt": self._ca_certificate}}
            self._registry.create(CONFIGMAPS, data, name)

    def _empty(self, namespace: Object) -> None:
        name = namespace["metadata"]["name"]
        for resource in NAMESPACED:
            for obj in self._store.list(resource, name):
                if "deletionTimestamp" not in obj["metadata"]:
                    self._registry.delete(resource, *key_of(obj))
        if not any(self._store.list(resource, name) for resource in NAMESPACED):
            self._registry.modify(NAMESPACES, "", name, lambda live: live["spec"].update(finalizers=[]))
