"""The controls of the Pod Security Standards, each with the words of k8s.io/pod-security-admission/policy.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pocketkube.store import Object

# Takes a Pod's metadata and spec: None, or the reason why it is refused and the detail in parentheses.
Check = Callable[[Object, Object], tuple[str, str] | None]

CAPABILITIES = {
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
}
SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
PROFILES = {"RuntimeDefault", "Localhost"}
APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


def _app_armor(metadata: Object, spec: Object) -> tuple[str, str] | None:
    setters, values = _setters(
        spec, lambda context: _profile(context, "appArmorProfile"), lambda kind: kind in PROFILES
    )
    annotations = sorted(
        f'{key}="{value}"'
        for key, value in (metadata.get("annotations") or {}).items()
        if key.startswith(APPARMOR_ANNOTATION)
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    )
    if annotations:
        setters.append(_plural("annotation", annotations))
    values += annotations
    if not setters:
        return None
    detail = f"{' and '.join(setters)} must not set AppArmor profile type to {_quoted(values)}"
    return _plural("forbidden AppArmor profile", values), detail


def _capabilities_baseline(_: Object, spec: Object) -> tuple[str, str] | None:
    added = {name: _added(context) - CAPABILITIES for name, context in _contexts(spec)}
    bad = [name for name, capabilities in added.items() if capabilities]
    if not bad:
        return None
    capabilities = sorted(set().union(*added.values()))
    detail = f"{_containers(bad)} must not include {_quoted(capabilities)} in securityContext.capabilities.add"
    return "non-default capabilities", detail


def _host_namespaces(_: Object, spec: Object) -> tuple[str, str] | None:
    used = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field)]
    return ("host namespaces", ", ".join(used)) if used else None


def _host_path_volumes(_: Object, spec: Object) -> tuple[str, str] | None:
    bad = [volume["name"] for volume in spec.get("volumes") or () if "hostPath" in volume]
    return ("hostPath volumes", f"{_plural('volume', bad)} {_quoted(bad)}") if bad else None


def _host_ports(_: Object, spec: Object) -> tuple[str, str] | None:
    used = {
        container["name"]: [str(port["hostPort"]) for port in container.get("ports") or () if port.get("hostPort")]
        for container in _all_containers(spec)
    }
    bad = [name for name, ports in used.items() if ports]
    if not bad:
        return None
    ports = sorted(set().union(*used.values()))
    return "hostPort", f"{_containers(bad)} {_use(bad)} {_plural('hostPort', ports)} {', '.join(ports)}"


def _probe_hosts(_: Object, spec: Object) -> tuple[str, str] | None:
    used = {container["name"]: set(_hosts(container)) for container in _all_containers(spec)}
    bad = sorted(name for name, hosts in used.items() if hosts)
    if not bad:
        return None
    hosts = sorted(set().union(*used.values()))
    what = _plural("probe or lifecycle host", hosts)
    return "probe or lifecycle host", f"{_containers(bad)} {_use(bad)} {what} {_quoted(hosts)}"


def _hosts(container: Object) -> Iterator[str]:
    lifecycle = container.get("lifecycle") or {}
    handlers = [container.get(probe) for probe in ("livenessProbe", "readinessProbe", "startupProbe")]
    for handler in (*handlers, lifecycle.get("postStart"), lifecycle.get("preStop")):
        for action in ("httpGet", "tcpSocket"):
            host = ((handler or {}).get(action) or {}).get("host")
            if host:
                yield host


def _privileged(_: Object, spec: Object) -> tuple[str, str] | None:
    bad = [name for name, context in _contexts(spec) if context.get("privileged")]
    return ("privileged", f"{_containers(bad)} must not set securityContext.privileged=true") if bad else None


def _proc_mount(_: Object, spec: Object) -> tuple[str, str] | None:
    if spec.get("hostUsers") is False:
        return None
    used = {name: context.get("procMount") for name, context in _contexts(spec)}
    bad = {name: kind for name, kind in used.items() if kind not in (None, "Default")}
    if not bad:
        return None
    kinds = sorted({str(kind) for kind in bad.values()})
    return "procMount", f"{_containers(list(bad))} must not set securityContext.procMount to {_quoted(kinds)}"


def _selinux(_: Object, spec: Object) -> tuple[str, str] | None:
    def options(context: Object) -> Object:
        return context.get("seLinuxOptions") or {}

    def fits(found: Object) -> bool:
        return found.get("type", "") in SELINUX_TYPES and not found.get("user") and not found.get("role")

    setters, values = _setters(spec, options, fits)
    if not setters:
        return None
    types = sorted({each.get("type", "") for each in values} - SELINUX_TYPES)
    wrong = [f"{_plural('type', types)} {_quoted(types)}"] if types else []
    wrong += [f"{field} may not be set" for field in ("user", "role") if any(each.get(field) for each in values)]
    return "seLinuxOptions", f"{' and '.join(setters)} set forbidden securityContext.seLinuxOptions: {'; '.join(wrong)}"


def _seccomp_baseline(_: Object, spec: Object) -> tuple[str, str] | None:
    setters, kinds = _setters(spec, lambda context: _profile(context, "seccompProfile"), lambda kind: kind in PROFILES)
    if not setters:
        return None
    return (
        "seccompProfile",
        f"{' and '.join(setters)} must not set securityContext.seccompProfile.type to {_quoted(sorted(set(kinds)))}",
    )


def _sysctls(_: Object, spec: Object) -> tuple[str, str] | None:
    names = [each["name"] for each in (spec.get("securityContext") or {}).get("sysctls") or ()]
    bad = [name for name in names if name not in SAFE_SYSCTLS]
    return ("forbidden sysctls", ", ".join(bad)) if bad else None


def _host_process(_: Object, spec: Object) -> tuple[str, str] | None:
    setters, _values = _setters(
        spec, lambda context: (context.get("windowsOptions") or {}).get("hostProcess"), lambda value: not value
    )
    if not setters:
        return None
    return "hostProcess", f"{' and '.join(setters)} must not set securityContext.windowsOptions.hostProcess=true"


def _privilege_escalation(_: Object, spec: Object) -> tuple[str, str] | None:
    bad = [name for name, context in _contexts(spec) if context.get("allowPrivilegeEscalation") is not False]
    if not bad:
        return None
    detail = f"{_containers(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return "allowPrivilegeEscalation != false", detail


def _capabilities_restricted(_: Object, spec: Object) -> tuple[str, str] | None:
    contexts = list(_contexts(spec))
    keeping = [
        name for name, context in contexts if "ALL" not in ((context.get("capabilities") or {}).get("drop") or ())
    ]
    added = {name: _added(context) - {"NET_BIND_SERVICE"} for name, context in contexts}
    adding = [name for name, capabilities in added.items() if capabilities]
    details = [f'{_containers(keeping)} must set securityContext.capabilities.drop=["ALL"]'] if keeping else []
    if adding:
        capabilities = _quoted(sorted(set().union(*added.values())))
        details.append(f"{_containers(adding)} must not include {capabilities} in securityContext.capabilities.add")
    return ("unrestricted capabilities", "; ".join(details)) if details else None


def _restricted_volumes(_: Object, spec: Object) -> tuple[str, str] | None:
    kinds = {volume["name"]: next((key for key in volume if key != "name"), "") for volume in spec.get("volumes") or ()}
    bad = [name for name, kind in kinds.items() if kind not in VOLUMES]
    if not bad:
        return None
    used = sorted({kinds[name] or "unknown" for name in bad})
    what = f"{_use(bad)} {_plural('restricted volume type', used)} {_quoted(used)}"
    return "restricted volume types", f"{_plural('volume', bad)} {_quoted(bad)} {what}"


def _run_as_non_root(_: Object, spec: Object) -> tuple[str, str] | None:
    if spec.get("hostUsers") is False:
        return None
    setters, _values = _setters(spec, lambda context: context.get("runAsNonRoot"), lambda value: value is not False)
    if setters:
        return "runAsNonRoot != true", f"{' and '.join(setters)} must not set securityContext.runAsNonRoot=false"
    if (spec.get("securityContext") or {}).get("runAsNonRoot"):
        return None
    bad = [name for name, context in _contexts(spec) if not context.get("runAsNonRoot")]
    if not bad:
        return None
    return "runAsNonRoot != true", f"pod or {_containers(bad)} must set securityContext.runAsNonRoot=true"


def _run_as_user(_: Object, spec: Object) -> tuple[str, str] | None:
    if spec.get("hostUsers") is False:
        return None
    setters, _values = _setters(spec, lambda context: context.get("runAsUser"), lambda value: value != 0)
    return ("runAsUser=0", f"{' and '.join(setters)} must not set runAsUser=0") if setters else None


def _seccomp_restricted(metadata: Object, spec: Object) -> tuple[str, str] | None:
    explicit = _seccomp_baseline(metadata, spec)
    if explicit or _profile(spec.get("securityContext") or {}, "seccompProfile"):
        return explicit
    bad = [name for name, context in _contexts(spec) if not _profile(context, "seccompProfile")]
    if not bad:
        return None
    detail = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return "seccompProfile", f"pod or {_containers(bad)} {detail}"


def _all_containers(spec: Object) -> Iterator[Object]:
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(kind) or ()


def _contexts(spec: Object) -> Iterator[tuple[str, Object]]:
    for container in _all_containers(spec):
        yield container["name"], container.get("securityContext") or {}


def _setters(spec: Object, read: Callable[[Object], Any], fits: Callable[[Any], bool]) -> tuple[list[str], list[Any]]:
    """Who sets a field of a security context to what does not fit (`pod`, `container "a"`), and those values."""
    setters, values, bad = [], [], []
    found = read(spec.get("securityContext") or {})
    if found not in (None, {}) and not fits(found):
        setters.append("pod")
        values.append(found)
    for name, context in _contexts(spec):
        found = read(context)
        if found not in (None, {}) and not fits(found):
            bad.append(name)
            values.append(found)
    if bad:
        setters.append(_containers(bad))
    return setters, values


def _profile(context: Object, field: str) -> str | None:
    return None if context.get(field) is None else str(context[field].get("type", ""))


def _added(context: Object) -> set[str]:
    return set((context.get("capabilities") or {}).get("add") or ())


def _containers(names: list[str]) -> str:
    return f"{_plural('container', names)} {_quoted(names)}"


def _plural(word: str, items: Iterable[object]) -> str:
    return word if len(list(items)) == 1 else f"{word}s"


def _use(items: list[str]) -> str:
    return "uses" if len(items) == 1 else "use"


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(json.dumps(text) for text in texts)


# In the order of their names in the standard, which is the order of the messages.
BASELINE: dict[str, Check] = {
    "appArmorProfile": _app_armor,
    "capabilities_baseline": _capabilities_baseline,
    "hostNamespaces": _host_namespaces,
    "hostPathVolumes": _host_path_volumes,
    "hostPorts": _host_ports,
    "hostProbesAndHostLifecycle": _probe_hosts,
    "privileged": _privileged,
    "procMount": _proc_mount,
    "seLinuxOptions": _selinux,
    "seccompProfile_baseline": _seccomp_baseline,
    "sysctls": _sysctls,
    "windowsHostProcess": _host_process,
}
OVERRIDDEN = {"capabilities_baseline", "hostPathVolumes", "seccompProfile_baseline"}  # by what follows
RESTRICTED: dict[str, Check] = {
    **{name: check for name, check in BASELINE.items() if name not in OVERRIDDEN},
    "allowPrivilegeEscalation": _privilege_escalation,
    "capabilities_restricted": _capabilities_restricted,
    "restrictedVolumes": _restricted_volumes,
    "runAsNonRoot": _run_as_non_root,
    "runAsUser": _run_as_user,
    "seccompProfile_restricted": _seccomp_restricted,
}
