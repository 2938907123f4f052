"""Validation of securityContexts, of Pods and of containers: k8s.io/kubernetes/pkg/apis/core."""

from __future__ import annotations

import re

from pocketkube.admission.formats import compact, quoted
from pocketkube.admission.pods.mount_validation import relative_path
from pocketkube.errors import Cause
from pocketkube.store import Object

ID_RANGE = "must be between 0 and 2147483647, inclusive"
MOST = 2**31 - 1
PROFILE_TYPES = ["Localhost", "RuntimeDefault", "Unconfined"]
PROC_MOUNTS = ["Default", "Unmasked"]
SYSCTL = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
# Those that are of a namespace, by what else of the node shares it: k8s.io/component-helpers/node/util/sysctl
OF_IPC = ("kernel.shm", "kernel.msg", "fs.mqueue.")
LONGEST_PROFILE = 4095  # bytes, of a path


def security_context(context: Object, field: str, *, host_users: bool) -> list[Cause]:
    """A container's. `host_users`: whether its users are those of the node."""
    causes = _ids(context, ("runAsUser", "runAsGroup"), field)
    mount = context.get("procMount")
    if mount is not None and mount not in PROC_MOUNTS:
        causes.append(Cause.unsupported(f"{field}.procMount", quoted(mount), PROC_MOUNTS))
    elif mount == "Unmasked" and host_users:
        what = "`hostUsers` must be false to use `Unmasked`"
        causes.append(Cause.invalid(f"{field}.procMount", quoted(mount), what))
    causes += _seccomp(context.get("seccompProfile"), f"{field}.seccompProfile")
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged"):
            what = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            causes.append(Cause.invalid(field, _internal(context), what))
        if "CAP_SYS_ADMIN" in ((context.get("capabilities") or {}).get("add") or ()):
            what = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            causes.append(Cause.invalid(field, _internal(context), what))
    return causes + _app_armor(context.get("appArmorProfile"), f"{field}.appArmorProfile")


def pod_security_context(spec: Object, field: str) -> list[Cause]:
    context = spec.get("securityContext") or {}
    causes = _ids(context, ("fsGroup", "runAsUser", "runAsGroup"), field)
    for number, group in enumerate(context.get("supplementalGroups") or ()):
        if not 0 <= group <= MOST:
            causes.append(Cause.invalid(f"{field}.supplementalGroups[{number}]", str(group), ID_RANGE))
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        what = "ShareProcessNamespace and HostPID cannot both be enabled"
        causes.append(Cause.invalid(f"{field}.shareProcessNamespace", "true", what))
    causes += _sysctls(context.get("sysctls") or [], spec, f"{field}.sysctls")
    causes += _one_of(context, "fsGroupChangePolicy", ["Always", "OnRootMismatch"], field)
    causes += _seccomp(context.get("seccompProfile"), f"{field}.seccompProfile")
    causes += _app_armor(context.get("appArmorProfile"), f"{field}.appArmorProfile")
    causes += _one_of(context, "supplementalGroupsPolicy", ["Merge", "Strict"], field)
    return causes + _one_of(context, "seLinuxChangePolicy", ["MountOption", "Recursive"], field)


def host_users(spec: Object, field: str) -> list[Cause]:
    """A Pod with users of its own shares nothing else of the node. `field`: of the spec."""
    if spec.get("hostUsers", True):
        return []
    named = {"hostNetwork": "hostNetwork", "hostPID": "HostPID", "hostIPC": "HostIPC"}
    return [
        Cause.forbidden(f"{field}.{shown}", "when `pod.Spec.HostUsers` is false")
        for name, shown in named.items()
        if spec.get(name)
    ]


def _one_of(context: Object, name: str, known: list[str], field: str) -> list[Cause]:
    if context.get(name) is None or context[name] in known:
        return []
    return [Cause.unsupported(f"{field}.{name}", quoted(context[name]), known)]


def _ids(context: Object, names: tuple[str, ...], field: str) -> list[Cause]:
    return [
        Cause.invalid(f"{field}.{name}", str(context[name]), ID_RANGE)
        for name in names
        if context.get(name) is not None and not 0 <= context[name] <= MOST
    ]


def _sysctls(found: list[Object], spec: Object, field: str) -> list[Cause]:
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
        dotted = name.replace("/", ".")
        for shared, of_it in (("hostNetwork", dotted.startswith("net.")), ("hostIPC", dotted.startswith(OF_IPC))):
            if of_it and spec.get(shared):
                what = f"may not be specified when '{shared}' is true"
                causes.append(Cause.invalid(where, quoted(name), what))
        names.add(name)
    return causes


def _seccomp(profile: Object | None, field: str) -> list[Cause]:
    """https://kubernetes.io/docs/tutorials/security/seccomp/"""
    if profile is None:
        return []
    wanted, local = profile.get("type", ""), profile.get("localhostProfile")
    causes = _profile_type(wanted, field)
    if wanted != "Localhost":
        if local is not None:
            shown = compact({"Type": wanted, "LocalhostProfile": local})
            what = "can only be set when seccomp type is Localhost"
            causes.append(Cause.invalid(f"{field}.localhostProfile", shown, what))
        return causes
    if local is None:
        return [*causes, Cause.required(f"{field}.localhostProfile", "must be set when seccomp type is Localhost")]
    return causes + relative_path(local, f"{field}.localhostProfile")


def _app_armor(profile: Object | None, field: str) -> list[Cause]:
    """https://kubernetes.io/docs/tutorials/security/apparmor/"""
    if profile is None:
        return []
    wanted, local, where = profile.get("type", ""), profile.get("localhostProfile"), f"{field}.localhostProfile"
    if wanted != "Localhost":
        what = "can only be set when AppArmor type is Localhost"
        if local is None or wanted not in PROFILE_TYPES:
            return _profile_type(wanted, field)
        return [Cause.invalid(where, quoted(local), what)]
    if not local:
        return [Cause.required(where, "must be set when AppArmor type is Localhost")]
    causes = []
    if local != local.strip():
        causes.append(Cause.invalid(where, quoted(local), "must not be padded with whitespace"))
    if len(local.encode()) > LONGEST_PROFILE:
        causes.append(Cause.too_long(where, LONGEST_PROFILE))
    return causes


def _profile_type(wanted: str, field: str) -> list[Cause]:
    if not wanted:
        return [Cause.required(f"{field}.type", f"type is required when {field.rpartition('.')[2]} is set")]
    return [] if wanted in PROFILE_TYPES else [Cause.unsupported(f"{field}.type", quoted(wanted), PROFILE_TYPES)]


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
