"""What Pods read of ConfigMaps and Secrets: https://kubernetes.io/docs/concepts/configuration/"""

from __future__ import annotations

import base64

from pocketkube.resources import SECRETS, Resource
from pocketkube.store import Object, Store


class ConfigError(Exception):
    """What the container asks for is not there; the kubelet's CreateContainerConfigError."""


def keys_of(store: Store, resource: Resource, pod: Object, reference: Object) -> dict[str, bytes]:
    """All of the ConfigMap or Secret that `reference` names in the Pod's namespace; {} for an optional one."""
    name = reference.get("name") or reference.get("secretName", "")
    found = store.find(resource, pod["metadata"]["namespace"], name)
    if found is None:
        if reference.get("optional"):
            return {}
        raise ConfigError(f'{resource.singular} "{name}" not found')
    data = found.get("data") or {}
    if resource is SECRETS:
        return {key: base64.b64decode(value) for key, value in data.items()}
    binary = {key: base64.b64decode(value) for key, value in (found.get("binaryData") or {}).items()}
    return {key: value.encode() for key, value in data.items()} | binary


def value_of(store: Store, resource: Resource, pod: Object, reference: Object) -> bytes | None:
    """One key of it; None for an optional one that is not there."""
    data = keys_of(store, resource, pod, reference)
    if reference["key"] in data:
        return data[reference["key"]]
    if reference.get("optional"):
        return None
    where = f"{pod['metadata']['namespace']}/{reference.get('name', '')}"
    raise ConfigError(f"couldn't find key {reference['key']} in {resource.kind} {where}")
