"""What pocketkube accepts and does not carry out: said in a warning, never ignored in silence.

docs/pocketkube.md has the same as a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pocketkube.resources import (
    DAEMONSETS,
    DEPLOYMENTS,
    ENDPOINTSLICES,
    JOBS,
    PODS,
    REPLICASETS,
    SERVICES,
    STATEFULSETS,
    Resource,
)
from pocketkube.store import Object

TEMPLATED = (DAEMONSETS, DEPLOYMENTS, JOBS, REPLICASETS, STATEFULSETS)
POD = (
    "hostIPC",
    "hostPID",
    "hostUsers",
    "imagePullSecrets",
    "overhead",
    "priorityClassName",
    "resourceClaims",
    "resources",
    "runtimeClassName",
    "shareProcessNamespace",
)
POD_SECURITY = ("seLinuxOptions", "sysctls", "windowsOptions", "appArmorProfile")
CONTAINER = ("resizePolicy", "volumeDevices")
CONTAINER_SECURITY = ("privileged", "procMount", "seLinuxOptions", "windowsOptions", "appArmorProfile")
VOLUMES = ("configMap", "downwardAPI", "emptyDir", "projected", "secret")  # those that are carried out
LIMITS = ("memory",)
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def unsupported(resource: Resource, obj: Object) -> Iterator[str]:
    """A text for each field that has no effect here."""
    for field in _fields(resource, obj):
        yield f"{field}: pocketkube accepts this, and does not carry it out"


def _fields(resource: Resource, obj: Object) -> Iterator[str]:
    if resource is SERVICES:
        yield from _given(obj["spec"], ("trafficDistribution",), "spec")
    elif resource is ENDPOINTSLICES:
        for number, endpoint in enumerate(obj.get("endpoints") or ()):
            yield from _given(endpoint, ("hints",), f"endpoints[{number}]")
    elif resource is PODS:
        yield from _pod(obj["spec"], "spec")
    elif resource in TEMPLATED:
        if resource is STATEFULSETS:
            yield from _given(obj["spec"], ("volumeClaimTemplates",), "spec")
        yield from _pod(obj["spec"]["template"]["spec"], "spec.template.spec")


def _pod(spec: Object, field: str) -> Iterator[str]:
    yield from _given(spec, POD, field)
    yield from _security(spec.get("securityContext") or {}, POD_SECURITY, f"{field}.securityContext")
    for number, volume in enumerate(spec.get("volumes") or ()):
        yield from (f"{field}.volumes[{number}].{kind}" for kind in volume if kind not in ("name", *VOLUMES))
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(kind) or ()):
            yield from _container(container, f"{field}.{kind}[{number}]")


def _container(container: Object, field: str) -> Iterator[str]:
    yield from _given(container, CONTAINER, field)
    yield from _security(container.get("securityContext") or {}, CONTAINER_SECURITY, f"{field}.securityContext")
    limits = (container.get("resources") or {}).get("limits") or {}
    yield from (f"{field}.resources.limits.{name}" for name in limits if name not in LIMITS)
    for kind in PROBES:
        yield from _given(container.get(kind) or {}, ("grpc",), f"{field}.{kind}")
    for number, port in enumerate(container.get("ports") or ()):
        yield from _given(port, ("hostIP", "hostPort"), f"{field}.ports[{number}]")
    for number, mount in enumerate(container.get("volumeMounts") or ()):
        if mount.get("mountPropagation", "None") != "None":
            yield f"{field}.volumeMounts[{number}].mountPropagation"


def _security(context: Object, names: tuple[str, ...], field: str) -> Iterator[str]:
    yield from _given(context, names, field)
    if (context.get("seccompProfile") or {}).get("type") == "Localhost":
        yield f"{field}.seccompProfile"


def _given(obj: Any, names: tuple[str, ...], field: str) -> Iterator[str]:
    yield from (f"{field}.{name}" for name in names if obj.get(name) not in (None, False, "", [], {}))
