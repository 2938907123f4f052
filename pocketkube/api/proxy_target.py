"""Where `services/NAME/proxy` and `pods/NAME/proxy` lead: k8s.io/kubernetes/pkg/registry/core, ResourceLocation."""

from __future__ import annotations

import random
from typing import NamedTuple

from pocketkube.errors import ApiError, bad_request
from pocketkube.resources import ENDPOINTSLICES, PODS, SERVICES, Resource
from pocketkube.store import Object, Store
from pocketkube.well_known_labels import SERVICE_NAME

SCHEMES = ("", "http", "https")


class Target(NamedTuple):
    """`scheme`: http or https; `port`: a number."""

    scheme: str
    address: str
    port: int


def locate(store: Store, resource: Resource, namespace: str, identity: str) -> Target:
    """`identity`: NAME, NAME:PORT or SCHEME:NAME:PORT; ApiError when nothing is there."""
    scheme, name, port = _split(resource, identity)
    if resource is PODS:
        return _pod(store.get(PODS, namespace, name), scheme, port)
    return _service(store, store.get(SERVICES, namespace, name), scheme, port)


def _split(resource: Resource, identity: str) -> tuple[str, str, str]:
    """Source: SplitSchemeNamePort in k8s.io/apimachinery/pkg/util/net"""
    parts = identity.split(":")
    if len(parts) < 3:
        parts = ["", parts[0], parts[1] if len(parts) == 2 else ""]
    if len(parts) > 3 or parts[0] not in SCHEMES or not parts[1]:
        raise bad_request(f'invalid {resource.singular} request "{identity}"')
    scheme, name, port = parts
    return scheme or "http", name, port


def _pod(pod: Object, scheme: str, port: str) -> Target:
    """The first port that a container names, where the request names none."""
    named = next((each["ports"][0]["containerPort"] for each in pod["spec"]["containers"] if each.get("ports")), 0)
    address = pod.get("status", {}).get("podIP")
    if not address:
        raise bad_request("address not allowed")
    if port and not port.isdecimal():
        raise bad_request(f'invalid pod request "{scheme}:{pod["metadata"]["name"]}:{port}"')
    return Target(scheme, address, int(port or named) or {"http": 80, "https": 443}[scheme])


def _service(store: Store, service: Object, scheme: str, port: str) -> Target:
    """A ready Pod behind one port: by its name, or by the Service's number."""
    name, namespace = service["metadata"]["name"], service["metadata"]["namespace"]
    if port.isdecimal():
        found = [each for each in service["spec"].get("ports") or () if each["port"] == int(port)]
        if not found:
            raise _unavailable(f'no service port {port} found for service "{name}"')
        port = found[0].get("name", "")
    targets = [
        Target(scheme, address, each["port"])
        for endpoint_slice in store.list(ENDPOINTSLICES, namespace)
        if (endpoint_slice["metadata"].get("labels") or {}).get(SERVICE_NAME) == name
        for each in endpoint_slice.get("ports") or ()
        if each.get("name", "") == port and each.get("port")
        for endpoint in endpoint_slice.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True) and endpoint.get("targetRef", {}).get("kind") == "Pod"
        for address in endpoint["addresses"]
    ]
    if not targets:
        raise _unavailable(f'no endpoints available for service "{name}"')
    return random.choice(targets)


def _unavailable(message: str) -> ApiError:
    return ApiError(503, "ServiceUnavailable", message, {})
