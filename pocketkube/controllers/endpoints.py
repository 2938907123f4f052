"""Endpoints objects of Services with a selector: the older form of EndpointSlices, still kept by Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from pocketkube.controllers.endpointslice import selected, services_of, target_port
from pocketkube.controllers.reconcile import Key, follow, is_ready, key_of
from pocketkube.registry import Registry
from pocketkube.resources import ENDPOINTS, PODS, SERVICES
from pocketkube.store import Event, Object

MANAGED = "endpoints.kubernetes.io/managed-by"
HEADLESS = "service.kubernetes.io/headless"


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
        content = {"subsets": _subsets(service, self._store.list(PODS, key[0]))}
        if found is None:
            self._registry.create(ENDPOINTS, {"metadata": {"name": key[1], "labels": labels}, **content}, key[0])
        elif found.get("subsets") != content["subsets"] or found["metadata"].get("labels") != labels:
            self._registry.update(ENDPOINTS, {**found, "metadata": {**found["metadata"], "labels": labels}, **content})


def _subsets(service: Object, pods: list[Object]) -> list[Object]:
    ready: list[Object] = []
    unready: list[Object] = []
    ports: dict[tuple[str, int, str], Object] = {}
    for pod in sorted(selected(service, pods), key=lambda pod: ip_address(pod["status"]["podIP"])):
        if "deletionTimestamp" in pod["metadata"]:
            continue
        for port in service["spec"].get("ports") or ():
            number = target_port(port, pod)
            if number:
                name = port.get("name", "")
                entry = {**({"name": name} if name else {}), "port": number, "protocol": port["protocol"]}
                ports[name, number, port["protocol"]] = entry
        address = {
            "ip": pod["status"]["podIP"],
            "nodeName": pod["spec"]["nodeName"],
            "targetRef": {
                "kind": "Pod",
                "name": pod["metadata"]["name"],
                "namespace": pod["metadata"]["namespace"],
                "uid": pod["metadata"]["uid"],
            },
        }
        counts = is_ready(pod) or service["spec"].get("publishNotReadyAddresses")
        (ready if counts else unready).append(address)
    if not ready and not unready:
        return []
    subset: Object = {}
    if ready:
        subset["addresses"] = ready
    if unready:
        subset["notReadyAddresses"] = unready
    if ports:
        subset["ports"] = list(ports.values())
    return [subset]
