"""ResourceQuotas' status: what each limits, and what the namespace holds of it.

Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/
"""

from __future__ import annotations

from collections.abc import Iterable

from pocketkube.admission.limits.quota import COUNTED, limits, used_of
from pocketkube.controllers.reconcile import Key, follow, key_of
from pocketkube.registry import Registry
from pocketkube.resources import RESOURCEQUOTAS
from pocketkube.store import Event, Object


class ResourceQuotaController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store

    async def run(self) -> None:
        await follow(self._store, COUNTED, self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        changed = event.type == "MODIFIED" and event.previous
        if changed and _counts_for(changed) == _counts_for(event.object):
            return []
        quotas = self._store.list(RESOURCEQUOTAS, event.object["metadata"]["namespace"])
        return [key_of(quota) for quota in quotas if event.resource is RESOURCEQUOTAS or limits(quota, event.resource)]

    def reconcile(self, key: Key) -> None:
        quota = self._store.find(RESOURCEQUOTAS, *key)
        if quota is None:
            return
        used = {name: str(amount) for name, amount in used_of(self._store, quota).items()}
        status = {"hard": quota["spec"].get("hard") or {}, "used": used}
        self._registry.update(RESOURCEQUOTAS, {**quota, "status": status}, subresource="status")


def _counts_for(obj: Object) -> tuple[object, ...]:
    """What decides how much an object holds, or a quota limits: what it asks for, how it is, and whether it goes."""
    going = obj["metadata"].get("deletionTimestamp"), obj["metadata"].get("deletionGracePeriodSeconds")
    return obj.get("spec"), (obj.get("status") or {}).get("phase"), going
