"""Endpoints objects of Services with a selector: the older form of EndpointSlices, still kept by Kubernetes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from ipaddress import ip_address

from pocketkube.controllers.endpointslice import selected, services_of, target_port
from pocketkube.controllers.reconcile import Key, follow, key_of
from pocketkube.pod_readiness import is_ready
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import ENDPOINTS, PODS, SERVICES
from pocketkube.store import Event, Object

MANAGED = "endpoints.kubernetes.io/managed-by"
HEADLESS = "service.kubernetes.io/headless"
TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time"


class EndpointsController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store

    async def run(self) -> None:
        await follow(self._store, (SERVICES, PODS), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        return [key_of(event.object)] if event.resource is SERVICES else services_of(self._store, event)

    def reconcile(self, key: Key) -> None:
        service = self._store.find(SERVICES, *key)
        found = self._store.find(ENDPOINTS, *key)
        if service is None:
            if found:  # hand-made ones go too when their Service does
                self._registry.delete(ENDPOINTS, *key)
            return
        if not service["spec"].get("selector") or service["spec"]["type"] == "ExternalName":
            return
        labels = {**(service["metadata"].get("labels") or {}), MANAGED: "endpoint-controller"}
        if service["spec"].get("clusterIP") == "None":
            labels[HEADLESS] = ""
        subsets = _subsets(service, self._store.list(PODS, key[0]))
        content = {"subsets": subsets} if subsets else {}
        if found is None:
            made = {"name": key[1], "labels": labels, "annotations": {TRIGGER_TIME: timestamp()}}
            self._registry.create(ENDPOINTS, {"metadata": made, **content}, key[0])
        elif (found.get("subsets") or []) != subsets or found["metadata"].get("labels") != labels:
            annotations = {**(found["metadata"].get("annotations") or {}), TRIGGER_TIME: timestamp()}
            metadata = {**found["metadata"], "labels": labels, "annotations": annotations}
            kept = {field: value for field, value in found.items() if field != "subsets"}
            self._registry.update(ENDPOINTS, {**kept, "metadata": metadata, **content})


def _subsets(service: Object, pods: list[Object]) -> list[Object]:
    """Addresses with the same ports share a subset; a named port may lead to different numbers in different Pods."""
    found: dict[str, Object] = {}
    for pod in sorted(selected(service, pods), key=lambda pod: ip_address(pod["status"]["podIP"])):
        if "deletionTimestamp" in pod["metadata"] and not service["spec"].get("publishNotReadyAddresses"):
            continue
        ports = _ports(service, pod)
        if service["spec"].get("ports") and not ports:
            continue
        subset = found.setdefault(json.dumps(ports), {"ports": ports} if ports else {})
        counts = is_ready(pod) or service["spec"].get("publishNotReadyAddresses")
        subset.setdefault("addresses" if counts else "notReadyAddresses", []).append(_address(service, pod))
    return list(found.values())


def _ports(service: Object, pod: Object) -> list[Object]:
    return [
        {
            **({"name": port["name"]} if port.get("name") else {}),
            "port": number,
            "protocol": port["protocol"],
            **({"appProtocol": port["appProtocol"]} if port.get("appProtocol") else {}),
        }
        for port in service["spec"].get("ports") or ()
        if (number := target_port(port, pod))
    ]


def _address(service: Object, pod: Object) -> Object:
    metadata, spec = pod["metadata"], pod["spec"]
    named = spec.get("hostname") and spec.get("subdomain") == service["metadata"]["name"]
    return {
        "ip": pod["status"]["podIP"],
        **({"hostname": spec["hostname"]} if named else {}),
        "nodeName": spec["nodeName"],
        "targetRef": {
            "kind": "Pod",
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        },
    }
