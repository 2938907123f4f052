"""Validation of a Pod's operating system, and of what the other one alone has: k8s.io/kubernetes/pkg/apis/core."""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause
from pocketkube.store import Object

SYSTEMS = ["linux", "windows"]
# Of a Pod's spec and its securityContext, in the order in which they are looked at.
NOT_OF_WINDOWS_PODS = (
    "securityContext.appArmorProfile",
    "securityContext.seLinuxOptions",
    "hostUsers",
    "hostPID",
    "hostIPC",
    "securityContext.seccompProfile",
    "securityContext.fsGroup",
    "securityContext.fsGroupChangePolicy",
    "securityContext.sysctls",
    "shareProcessNamespace",
    "securityContext.runAsUser",
    "securityContext.runAsGroup",
    "securityContext.supplementalGroups",
    "securityContext.supplementalGroupsPolicy",
    "securityContext.seLinuxChangePolicy",
)
NOT_OF_WINDOWS_CONTAINERS = (
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
)


def operating_system(spec: Object, field: str) -> list[Cause]:
    """`field`: of the spec."""
    if "os" not in spec:
        return []
    name = spec["os"].get("name", "")
    if not name:
        return [Cause.required(f"{field}.os.name", "cannot be empty")]
    if name not in SYSTEMS:
        return [Cause.unsupported(f"{field}.os", quoted(name), SYSTEMS)]
    found = _of_windows(spec, field) if name == "linux" else _not_of_windows(spec, field)
    what = "windows options cannot be set for a linux pod" if name == "linux" else "cannot be set for a windows pod"
    return [Cause.forbidden(each, what) for each in found]


def _of_windows(spec: Object, field: str) -> Iterator[str]:
    for context, where in _contexts(spec, field):
        if "windowsOptions" in context:
            yield f"{where}.windowsOptions"


def _not_of_windows(spec: Object, field: str) -> Iterator[str]:
    for path in NOT_OF_WINDOWS_PODS:
        inside, _, name = path.rpartition(".")
        if name in ((spec.get(inside) or {}) if inside else spec):
            yield f"{field}.{path}"
    for context, where in _contexts(spec, field)[1:]:
        for name in NOT_OF_WINDOWS_CONTAINERS:
            if name in context:
                yield f"{where}.{name}"


def _contexts(spec: Object, field: str) -> list[tuple[Object, str]]:
    """The securityContext of the Pod, then those of its containers, each with its field."""
    found = [(spec.get("securityContext") or {}, f"{field}.securityContext")]
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(kind) or ()):
            found.append((container.get("securityContext") or {}, f"{field}.{kind}[{number}].securityContext"))
    return found
