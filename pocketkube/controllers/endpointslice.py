"""EndpointSlices of Services with a selector.

Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from pocketkube.controllers.reconcile import Key, follow, key_of, owned_by, reference_to
from pocketkube.placement.topology_labels import zone_of
from pocketkube.pod_readiness import is_ready
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import ENDPOINTSLICES, NODES, PODS, SERVICES
from pocketkube.store import Event, Object, Store
from pocketkube.well_known_labels import SERVICE_NAME

MANAGER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"
PREFER_NEAR = ("PreferClose", "PreferSameZone", "PreferSameNode")
MOST = 100  # endpoints in a slice


class EndpointSliceController:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store
        self._written: dict[str, str] = {}  # {uid: resourceVersion}: what somebody else writes is put right

    async def run(self) -> None:
        await follow(self._store, (SERVICES, PODS, ENDPOINTSLICES, NODES), self._keys, self.reconcile)

    def _keys(self, event: Event) -> Iterable[Key]:
        metadata = event.object["metadata"]
        if event.resource is NODES:
            moved = event.previous is not None and zone_of(event.previous) != zone_of(event.object)
            return [key_of(each) for each in self._store.list(SERVICES)] if moved else []
        if event.resource is SERVICES:
            return [key_of(event.object)]
        if event.resource is ENDPOINTSLICES:
            name = (metadata.get("labels") or {}).get(SERVICE_NAME)
            own = self._written.get(metadata["uid"]) == metadata["resourceVersion"]
            if event.type == "DELETED":
                self._written.pop(metadata["uid"], None)
            return [(metadata["namespace"], name)] if name and (event.type == "DELETED" or not own) else []
        return services_of(self._store, event)

    def reconcile(self, key: Key) -> None:
        service = self._store.find(SERVICES, *key)
        if service is None or not service["spec"].get("selector") or service["spec"]["type"] == "ExternalName":
            return
        existing = [each for each in self._store.list(ENDPOINTSLICES, key[0]) if owned_by(each, service)]
        zones = {each["metadata"]["name"]: zone_of(each) for each in self._store.list(NODES)}
        wanted = _slices(service, self._store.list(PODS, key[0]), zones)
        for ports, endpoints in wanted:
            found = next((each for each in existing if (each.get("ports") or []) == ports), None)
            if found is None and existing and not (existing[0].get("ports") or []):
                found = existing[0]
            if found is not None:
                existing.remove(found)
            self._write(service, found, ports, endpoints)
        if existing and not wanted:
            self._write(service, existing.pop(0), [], [])
        elif not wanted:
            self._write(service, None, [], [])
        for each in existing:
            self._registry.delete(ENDPOINTSLICES, *key_of(each))

    def _write(self, service: Object, found: Object | None, ports: list[Object], endpoints: list[Object]) -> None:
        labels = {
            **(service["metadata"].get("labels") or {}),
            "endpointslice.kubernetes.io/managed-by": MANAGER,
            SERVICE_NAME: service["metadata"]["name"],
        }
        if service["spec"].get("clusterIP") == "None":
            labels[HEADLESS] = ""
        # Go writes a list without items that it made itself as null.
        content = {"addressType": "IPv4", "endpoints": endpoints or None, "ports": ports or None}
        if found is None:
            metadata = {
                "generateName": f"{service['metadata']['name']}-",
                "labels": labels,
                "annotations": {"endpoints.kubernetes.io/last-change-trigger-time": timestamp()},
                "ownerReferences": [reference_to(service)],
            }
            namespace = service["metadata"]["namespace"]
            self._note(self._registry.create(ENDPOINTSLICES, {"metadata": metadata, **content}, namespace))
        elif {**found, **content} != found or found["metadata"].get("labels") != labels:
            annotations = {
                **(found["metadata"].get("annotations") or {}),
                "endpoints.kubernetes.io/last-change-trigger-time": timestamp(),
            }
            metadata = {**found["metadata"], "labels": labels, "annotations": annotations}
            self._note(self._registry.update(ENDPOINTSLICES, {**found, "metadata": metadata, **content}))

    def _note(self, written: Object) -> None:
        self._written[written["metadata"]["uid"]] = written["metadata"]["resourceVersion"]


def services_of(store: Store, event: Event) -> Iterable[Key]:
    """The Services whose selector the Pod matches now, or did before."""
    pods = [event.object] + ([event.previous] if event.previous else [])
    labels = [(pod["metadata"].get("labels") or {}).items() for pod in pods]
    for service in store.list(SERVICES, event.object["metadata"]["namespace"]):
        selector = service["spec"].get("selector")
        if selector and any(selector.items() <= each for each in labels):
            yield key_of(service)


def target_port(port: Object, pod: Object) -> int:
    """The container's port that a Service port leads to; 0 when the Pod has none of that name."""
    target = port["targetPort"]
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for offered in container.get("ports") or ():
            if offered.get("name") == target and offered["protocol"] == port["protocol"]:
                return int(offered["containerPort"])
    return 0


def selected(service: Object, pods: list[Object]) -> list[Object]:
    """The Service's Pods that can be endpoints: with an address and not finished."""
    selector = service["spec"]["selector"].items()
    return [
        pod
        for pod in pods
        if selector <= (pod["metadata"].get("labels") or {}).items()
        and pod.get("status", {}).get("podIP")
        and pod["status"].get("phase") not in ("Succeeded", "Failed")
    ]


def _slices(service: Object, pods: list[Object], zones: Mapping[str, str]) -> list[tuple[list[Object], list[Object]]]:
    """(ports, endpoints) of every slice: Pods with the same port numbers share slices. `zones`: by node."""
    groups: dict[str, tuple[list[Object], list[Object]]] = {}
    for pod in selected(service, pods):
        ports = [
            {
                "name": port.get("name", ""),
                "port": number,
                "protocol": port["protocol"],
                **({"appProtocol": port["appProtocol"]} if port.get("appProtocol") else {}),
            }
            for port in service["spec"].get("ports") or ()
            if (number := target_port(port, pod))
        ]
        groups.setdefault(json.dumps(ports), (ports, []))[1].append(_endpoint(service, pod, zones))
    return [
        (ports, endpoints[start : start + MOST])
        for ports, endpoints in groups.values()
        for start in range(0, len(endpoints), MOST)
    ]


def _endpoint(service: Object, pod: Object, zones: Mapping[str, str]) -> Object:
    terminating = "deletionTimestamp" in pod["metadata"]
    serving = is_ready(pod)
    ready = bool(service["spec"].get("publishNotReadyAddresses")) or (serving and not terminating)
    node = pod["spec"]["nodeName"]
    zone = zones.get(node, "")
    endpoint: Object = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
        "nodeName": node,
        **({"zone": zone} if zone else {}),
        "targetRef": {
            "kind": "Pod",
            "namespace": pod["metadata"]["namespace"],
            "name": pod["metadata"]["name"],
            "uid": pod["metadata"]["uid"],
        },
    }
    if pod["spec"].get("hostname") and pod["spec"].get("subdomain") == service["metadata"]["name"]:
        endpoint["hostname"] = pod["spec"]["hostname"]
    hints = _hints(service["spec"].get("trafficDistribution"), node, zone)
    if ready and hints:
        endpoint["hints"] = hints
    return endpoint


def _hints(distribution: str | None, node: str, zone: str) -> Object:
    """For whom an endpoint is near: KEP-2433, KEP-3015."""
    hints: Object = {}
    if distribution in PREFER_NEAR and zone:
        hints["forZones"] = [{"name": zone}]
    if distribution == "PreferSameNode":
        hints["forNodes"] = [{"name": node}]
    return hints
