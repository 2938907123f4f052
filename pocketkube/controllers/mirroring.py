"""Hand-made Endpoints become EndpointSlices, which is what proxies and DNS read.

Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#mirroring
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from pocketkube.controllers.reconcile import Key, follow, key_of, owned_by, reference_to
from pocketkube.registry import Registry
from pocketkube.resources import ENDPOINTS, ENDPOINTSLICES, SERVICES
from pocketkube.store import Event, Object
from pocketkube.well_known_labels import SERVICE_NAME

MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslicemirroring-controller.k8s.io"
LEADER = "control-plane.alpha.kubernetes.io/leader"  # a lock of a leader election, not addresses
SKIP = "endpointslice.kubernetes.io/skip-mirror"
NOT_MIRRORED = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "endpoints.kubernetes.io/last-change-trigger-time",
)


class EndpointSliceMirroringController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store

    async def run(self) -> None:
        await follow(self._store, (SERVICES, ENDPOINTS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        return [key_of(event.object)]

    def reconcile(self, key: Key) -> None:
        endpoints = self._store.find(ENDPOINTS, *key)
        if endpoints is None:
            return  # its slices are garbage: they name it as their owner
        existing = [each for each in self._store.list(ENDPOINTSLICES, key[0]) if owned_by(each, endpoints)]
        for content in _slices(endpoints) if self._is_mirrored(endpoints, key) else ():
            found = next((each for each in existing if each["addressType"] == content["addressType"]), None)
            if found:
                existing.remove(found)
                self._registry.update(ENDPOINTSLICES, {**found, **content})
            else:
                self._create(endpoints, content)
        for each in existing:
            self._registry.delete(ENDPOINTSLICES, *key_of(each))

    def _is_mirrored(self, endpoints: Object, key: Key) -> bool:
        service = self._store.find(SERVICES, *key)
        metadata = endpoints["metadata"]
        skipped = (metadata.get("labels") or {}).get(SKIP) == "true" or LEADER in (metadata.get("annotations") or {})
        return service is not None and not service["spec"].get("selector") and not skipped

    def _create(self, endpoints: Object, content: Object) -> None:
        metadata = endpoints["metadata"]
        annotations = {
            key: value for key, value in (metadata.get("annotations") or {}).items() if key not in NOT_MIRRORED
        }
        made = {
            "metadata": {
                "generateName": f"{metadata['name']}-",
                "labels": {**(metadata.get("labels") or {}), MANAGED_BY: MANAGER, SERVICE_NAME: metadata["name"]},
                **({"annotations": annotations} if annotations else {}),
                "ownerReferences": [reference_to(endpoints)],
            },
            **content,
        }
        self._registry.create(ENDPOINTSLICES, made, metadata["namespace"])


def _slices(endpoints: Object) -> list[Object]:
    """A slice for each subset and kind of address."""
    slices = []
    for subset in endpoints.get("subsets") or ():
        ports = [{"name": "", **port} for port in subset.get("ports") or ()]
        by_kind: dict[str, list[Object]] = {}
        for field, ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(field) or ():
                kind = f"IPv{ip_address(address['ip']).version}"
                by_kind.setdefault(kind, []).append(_endpoint(address, ready=ready))
        slices += [{"addressType": kind, "endpoints": found, "ports": ports} for kind, found in sorted(by_kind.items())]
    return slices


def _endpoint(address: Object, *, ready: bool) -> Object:
    kept = {field: address[field] for field in ("hostname", "nodeName", "targetRef") if address.get(field)}
    return {"addresses": [address["ip"]], "conditions": {"ready": ready}, **kept}
