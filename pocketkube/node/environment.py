"""A container's environment: literal values, the downward API, ConfigMaps, Secrets, Services, $(NAME) references.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pocketkube.node.configuration import ConfigError, keys_of, value_of
from pocketkube.node.downward import field, resource_field
from pocketkube.resources import CONFIGMAPS, SECRETS, SERVICES
from pocketkube.store import Object, Store

REFERENCE = re.compile(r"\$\$|\$\(([^()]*)\)")


def environment(store: Store, pod: Object, container: Object) -> dict[str, str]:
    """Variables in the order in which Kubernetes decides: Services, envFrom, env."""
    variables: dict[str, str] = {}
    variables.update(_service_links(store, pod))
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


def _value(store: Store, pod: Object, container: Object, entry: Object, known: Mapping[str, str]) -> str | None:
    source = entry.get("valueFrom")
    if not source:
        return expand(entry.get("value", ""), known)
    if "fieldRef" in source:
        return field(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return resource_field(store, pod, container, source["resourceFieldRef"])
    for kind, resource in (("configMapKeyRef", CONFIGMAPS), ("secretKeyRef", SECRETS)):
        if kind in source:
            value = value_of(store, resource, pod, source[kind])
            return None if value is None else value.decode(errors="replace")
    raise ConfigError(f"environment variable {entry['name']}: {', '.join(source)} is not supported by pocketkube")


def _from_source(store: Store, pod: Object, source: Object) -> dict[str, str]:
    prefix = source.get("prefix", "")
    for kind, resource in (("configMapRef", CONFIGMAPS), ("secretRef", SECRETS)):
        if kind in source:
            found = keys_of(store, resource, pod, source[kind])
            return {prefix + key: value.decode(errors="replace") for key, value in found.items()}
    return {}


def _service_links(store: Store, pod: Object) -> Iterable[tuple[str, str]]:
    """The variables of every Service with a cluster IP in the Pod's namespace, and always of default/kubernetes.

    Source: getServiceEnvVarMap in k8s.io/kubernetes/pkg/kubelet/kubelet_pods.go
    """
    kubernetes = store.find(SERVICES, "default", "kubernetes")
    services = {service["metadata"]["name"]: service for service in ([kubernetes] if kubernetes else [])}
    if pod["spec"].get("enableServiceLinks", True):
        own = store.list(SERVICES, pod["metadata"]["namespace"])
        services.update({service["metadata"]["name"]: service for service in own})
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
