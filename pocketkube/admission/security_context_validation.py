"""Validation of securityContexts, of Pods and of containers: k8s.io/kubernetes/pkg/apis/core."""

from __future__ import annotations

import re

from pocketkube.admission.formats import compact, quoted
from pocketkube.errors import Cause
from pocketkube.store import Object

ID_RANGE = "must be between 0 and 2147483647, inclusive"
MOST = 2**31 - 1
PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"]
PROC_MOUNTS = ["Default", "Unmasked"]
SYSCTL = re.compile(
    r"[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*"
    r"(/[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*)*"
)


def security_context(context: Object, field: str, *, host_users: bool) -> list[Cause]:
    """A container's. `host_users`: whether its users are those of the node."""
    causes = _ids(context, ("runAsUser", "runAsGroup"), field)
    mount = context.get("procMount")
    if mount is not None and mount not in PROC_MOUNTS:
        causes.append(Cause.unsupported(f"{field}.procMount", quoted(mount), PROC_MOUNTS))
    elif mount == "Unmasked" and host_users:
        what = "`hostUsers` must be false to use `Unmasked`"
        causes.append(Cause.invalid(f"{field}.procMount", quoted(mount), what))
    causes += _profile(context, "seccompProfile", field)
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged"):
            what = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            causes.append(Cause.invalid(field, _internal(context), what))
        if "CAP_SYS_ADMIN" in ((context.get("capabilities") or {}).get("add") or ()):
            what = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            causes.append(Cause.invalid(field, _internal(context), what))
    return causes + _profile(context, "appArmorProfile", field)


def pod_security_context(spec: Object, field: str) -> list[Cause]:
    context = spec.get("securityContext") or {}
    causes = _ids(context, ("fsGroup", "runAsUser", "runAsGroup"), field)
    for number, group in enumerate(context.get("supplementalGroups") or ()):
        if not 0 <= group <= MOST:
            causes.append(Cause.invalid(f"{field}.supplementalGroups[{number}]", str(group), ID_RANGE))
    causes += _sysctls(context.get("sysctls") or [], f"{field}.sysctls")
    for name, known in (
        ("fsGroupChangePolicy", ["Always", "OnRootMismatch"]),
        ("supplementalGroupsPolicy", ["Merge", "Strict"]),
        ("seLinuxChangePolicy", ["MountOption", "Recursive"]),
    ):
        if context.get(name) is not None and context[name] not in known:
            causes.append(Cause.unsupported(f"{field}.{name}", quoted(context[name]), known))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        what = "ShareProcessNamespace and HostPID cannot both be enabled"
        causes.append(Cause.invalid(f"{field}.shareProcessNamespace", "true", what))
    return causes + _profile(context, "seccompProfile", field) + _profile(context, "appArmorProfile", field)


def _ids(context: Object, names: tuple[str, ...], field: str) -> list[Cause]:
    return [
        Cause.invalid(f"{field}.{name}", str(context[name]), ID_RANGE)
        for name in names
        if context.get(name) is not None and not 0 <= context[name] <= MOST
    ]


def _sysctls(found: list[Object], field: str) -> list[Cause]:
    causes = []
    names: set[str] = set()
    for number, each in enumerate(found):
        name, where = each.get("name", ""), f"{field}[{number}].name"
        if not name:
            causes.append(Cause.required(where))
        elif not SYSCTL.fullmatch(name) or len(name) > 253:
            what = f"must have at most 253 characters and match regex ^{SYSCTL.pattern}$"
            causes.append(Cause.invalid(where, quoted(name), what))
        elif name in names:
            causes.append(Cause.duplicate(where, quoted(name)))
        names.add(name)
    return causes


def _profile(context: Object, kind: str, field: str) -> list[Cause]:
    """https://kubernetes.io/docs/tutorials/security/seccomp/ and .../apparmor/"""
    profile = context.get(kind)
    if profile is None:
        return []
    where, wanted, local = f"{field}.{kind}", profile.get("type", ""), profile.get("localhostProfile")
    about = "seccomp type" if kind == "seccompProfile" else "type"
    if wanted == "Localhost":
        what = f"must be set when {about} is Localhost"
        return [] if local else [Cause.required(f"{where}.localhostProfile", what)]
    causes = []
    if local is not None:
        what = f"can only be set when {about} is Localhost"
        causes.append(Cause.invalid(f"{where}.localhostProfile", quoted(local), what))
    if not wanted:
        causes.append(Cause.required(f"{where}.type", f"type is required when {kind} is set"))
    elif wanted not in PROFILE_TYPES:
        causes.append(Cause.unsupported(f"{where}.type", quoted(wanted), PROFILE_TYPES))
    return causes


def _internal(context: Object) -> str:
    """The whole securityContext as Go writes its own struct, which names every field."""
    capabilities = context.get("capabilities")
    return compact(
        {
            "Capabilities": capabilities and {"Add": capabilities.get("add"), "Drop": capabilities.get("drop")},
            "Privileged": context.get("privileged"),
            "SELinuxOptions": context.get("seLinuxOptions"),
            "WindowsOptions": context.get("windowsOptions"),
            "RunAsUser": context.get("runAsUser"),
            "RunAsGroup": context.get("runAsGroup"),
            "RunAsNonRoot": context.get("runAsNonRoot"),
            "ReadOnlyRootFilesystem": context.get("readOnlyRootFilesystem"),
            "AllowPrivilegeEscalation": context.get("allowPrivilegeEscalation"),
            "ProcMount": context.get("procMount"),
            "SeccompProfile": context.get("seccompProfile"),
            "AppArmorProfile": context.get("appArmorProfile"),
        }
    )
