"""A container's environment: literal values, the downward API, ConfigMaps, Services, and $(NAME) references.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pocketkube.resources import CONFIGMAPS, SERVICES
from pocketkube.store import Object, Store

REFERENCE = re.compile(r"\$\$|\$\(([^()]*)\)")
SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['([^']*)'\]")


class ConfigError(Exception):
    """What the container asks for is not there; the kubelet's CreateContainerConfigError."""


def environment(store: Store, pod: Object, container: Object) -> dict[str, str]:
    """Variables in the order in which Kubernetes decides: Services, envFrom, env."""
    variables: dict[str, str] = {}
    if pod["spec"].get("enableServiceLinks", True):
        variables.update(_service_links(store, pod["metadata"]["namespace"]))
    for source in container.get("envFrom") or ():
        variables.update(_from_source(store, pod, source))
    for entry in container.get("env") or ():
        value = _value(store, pod, container, entry, variables)
        if value is not None:
            variables[entry["name"]] = value
    return variables


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`$(NAME)` becomes its value, an unknown one stays as it is, `$$` is a dollar sign."""

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "$"
        return variables.get(name, match[0])

    return REFERENCE.sub(replace, text)


def field(pod: Object, path: str) -> str:
    """A field of the downward API as text; ConfigError for one that it does not offer."""
    metadata, spec, status = pod["metadata"], pod["spec"], pod.get("status", {})
    subscript = SUBSCRIPT.fullmatch(path)
    if subscript:
        return str((metadata.get(subscript[1]) or {}).get(subscript[2], ""))
    fields: dict[str, Any] = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "metadata.labels": _pairs(metadata.get("labels")),
        "metadata.annotations": _pairs(metadata.get("annotations")),
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", ""),
        "status.podIP": status.get("podIP", ""),
        "status.podIPs": ",".join(each["ip"] for each in status.get("podIPs", ())),
        "status.hostIP": status.get("hostIP", ""),
        "status.hostIPs": ",".join(each["ip"] for each in status.get("hostIPs", ())),
    }
    if path not in fields:
        raise ConfigError(f"unsupported fieldPath: {path}")
    return str(fields[path])


def _pairs(labels: Mapping[str, str] | None) -> str:
    return "\n".join(f'{key}="{value}"' for key, value in sorted((labels or {}).items()))


def _value(store: Store, pod: Object, container: Object, entry: Object, known: Mapping[str, str]) -> str | None:
    source = entry.get("valueFrom")
    if not source:
        return expand(entry.get("value", ""), known)
    if "fieldRef" in source:
        return field(pod, source["fieldRef"]["fieldPath"])
    if "configMapKeyRef" in source:
        wanted = source["configMapKeyRef"]
        data = config_map(store, pod, wanted)
        if wanted["key"] in data:
            return data[wanted["key"]]
        if wanted.get("optional"):
            return None
        namespace = pod["metadata"]["namespace"]
        raise ConfigError(f"couldn't find key {wanted['key']} in ConfigMap {namespace}/{wanted.get('name', '')}")
    if "resourceFieldRef" in source:
        return _resource(container, source["resourceFieldRef"]["resource"])
    raise ConfigError(f"environment variable {entry['name']}: {', '.join(source)} is not supported by pocketkube")


def config_map(store: Store, pod: Object, reference: Object) -> dict[str, str]:
    """The data of the ConfigMap that `reference` names in the Pod's namespace; {} for an optional one."""
    name = reference.get("name", "")
    found = store.find(CONFIGMAPS, pod["metadata"]["namespace"], name)
    if found is not None:
        return dict(found.get("data") or {})
    if reference.get("optional"):
        return {}
    raise ConfigError(f'configmap "{name}" not found')


def _from_source(store: Store, pod: Object, source: Object) -> dict[str, str]:
    if "configMapRef" not in source:
        raise ConfigError("envFrom: only configMapRef is supported by pocketkube")
    prefix = source.get("prefix", "")
    return {prefix + key: value for key, value in config_map(store, pod, source["configMapRef"]).items()}


def _resource(container: Object, name: str) -> str:
    kind, _, resource = name.partition(".")
    return str((container.get("resources", {}).get(kind) or {}).get(resource, "0"))


def _service_links(store: Store, namespace: str) -> Iterable[tuple[str, str]]:
    """The variables of every Service with a cluster IP in the Pod's namespace, and of default/kubernetes."""
    kubernetes = store.find(SERVICES, "default", "kubernetes")
    services = {service["metadata"]["name"]: service for service in ([kubernetes] if kubernetes else [])}
    services.update({service["metadata"]["name"]: service for service in store.list(SERVICES, namespace)})
    for name, service in services.items():
        address = service["spec"].get("clusterIP")
        ports = service["spec"].get("ports")
        if address in (None, "", "None") or not ports:
            continue
        prefix = name.upper().replace("-", "_")
        yield f"{prefix}_SERVICE_HOST", address
        yield f"{prefix}_SERVICE_PORT", str(ports[0]["port"])
        for port in ports:
            if port.get("name"):
                yield f"{prefix}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}", str(port["port"])
        first = f"{ports[0].get('protocol', 'TCP').lower()}://{address}:{ports[0]['port']}"
        yield f"{prefix}_PORT", first
        for port in ports:
            protocol = port.get("protocol", "TCP")
            each = f"{prefix}_PORT_{port['port']}_{protocol}"
            yield each, f"{protocol.lower()}://{address}:{port['port']}"
            yield f"{each}_PROTO", protocol.lower()
            yield f"{each}_PORT", str(port["port"])
            yield f"{each}_ADDR", address
