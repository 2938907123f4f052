"""ClusterRoles that are made of others.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.controllers.reconcile import Key, follow, key_of
from pocketkube.label_selector import selects
from pocketkube.registry import Registry
from pocketkube.resources import CLUSTERROLES
from pocketkube.store import Event, Object


class AggregatedRoleController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store

    async def run(self) -> None:
        await follow(self._store, (CLUSTERROLES,), self._keys, self.reconcile)

    def _keys(self, _event: Event) -> Iterable[Key]:
        return [key_of(role) for role in self._store.list(CLUSTERROLES) if role.get("aggregationRule")]

    def reconcile(self, key: Key) -> None:
        role = self._store.find(CLUSTERROLES, *key)
        if role is None or not role.get("aggregationRule"):
            return
        rules: list[Object] = []
        for selector in role["aggregationRule"].get("clusterRoleSelectors") or ():
            for other in self._store.list(CLUSTERROLES):
                if other is not role and selects(selector, other["metadata"].get("labels") or {}):
                    rules += [rule for rule in other.get("rules") or () if rule not in rules]
        self._registry.update(CLUSTERROLES, {**role, "rules": rules})
