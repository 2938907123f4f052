"""Fields that are accepted and have no effect here: a client is told of each by a Warning header (KEP-1693).

What is refused, or fails with an event, is not listed: it says so itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission.pods import pod_templates
from pocketkube.resources import PODS, Resource
from pocketkube.store import Object

SUFFIX = "pocketkube accepts this and does not carry it out"
OF_POD = ("hostIPC", "hostPID", "hostUsers", "resourceClaims", "shareProcessNamespace")
OF_SECURITY_CONTEXT = ("appArmorProfile", "seLinuxOptions", "windowsOptions")
OF_CONTAINER_SECURITY = ("appArmorProfile", "privileged", "procMount", "seLinuxOptions", "windowsOptions")
NOTHING: tuple[object, ...] = (None, False, [], {})
AS_IT_IS = {
    "hostUsers": (None, True),  # without a user namespace of its own
    "mountPropagation": (None, "None"),
    "procMount": (None, "Default"),
    "recursiveReadOnly": (None, "Disabled"),
}
CARRIED_OUT_LIMITS = {"memory"}


def warnings(resource: Resource, obj: Object) -> list[str]:
    """One text for each such field."""
    if resource is PODS:
        fields = list(_of_pod(obj["spec"], "spec"))
    elif template := pod_templates.template_of(resource, obj):
        fields = list(_of_pod(template["spec"], f"{pod_templates.FIELDS[resource]}.spec"))
    else:
        return []
    return [f"{field}: {SUFFIX}" for field in fields]


def _of_pod(spec: Object, path: str) -> Iterator[str]:
    yield from _set(spec, path, OF_POD)
    yield from _set(spec.get("securityContext") or {}, f"{path}.securityContext", OF_SECURITY_CONTEXT)
    for number, sysctl in enumerate((spec.get("securityContext") or {}).get("sysctls") or ()):
        if not sysctl["name"].startswith("net"):
            yield f"{path}.securityContext.sysctls[{number}]"
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(kind) or ()):
            yield from _of_container(container, f"{path}.{kind}[{number}]")
            if not spec.get("hostNetwork"):  # there the node's port is the container's
                yield from _of_items(container, f"{path}.{kind}[{number}]", "ports", ("hostPort",))


def _of_container(container: Object, path: str) -> Iterator[str]:
    yield from _set(container, path, ("volumeDevices",))
    yield from _set(container.get("securityContext") or {}, f"{path}.securityContext", OF_CONTAINER_SECURITY)
    for name in sorted((container.get("resources") or {}).get("limits") or ()):
        if name not in CARRIED_OUT_LIMITS:
            yield f"{path}.resources.limits[{name}]"
    yield from _of_items(container, path, "volumeMounts", ("mountPropagation", "recursiveReadOnly"))


def _of_items(container: Object, path: str, kind: str, names: tuple[str, ...]) -> Iterator[str]:
    for number, item in enumerate(container.get(kind) or ()):
        yield from _set(item, f"{path}.{kind}[{number}]", names)


def _set(obj: Object, path: str, names: tuple[str, ...]) -> Iterator[str]:
    """Those that ask for something else than what is so anyway."""
    return (f"{path}.{name}" for name in names if name in obj and obj[name] not in AS_IT_IS.get(name, NOTHING))
