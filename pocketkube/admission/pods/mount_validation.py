"""Validation of where a container has its volumes, as directories and as devices: k8s.io/kubernetes/pkg/apis/core."""

from __future__ import annotations

from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause
from pocketkube.store import Object

PROPAGATIONS = ["Bidirectional", "HostToContainer", "None"]
RECURSIVE = ["Disabled", "Enabled", "IfPossible"]


def mounts(container: Object, volumes: dict[str, Object], field: str) -> list[Cause]:
    """`volumes`: by name."""
    causes = []
    paths: set[str] = set()
    used = {each.get("name", ""): each.get("devicePath", "") for each in container.get("volumeDevices") or ()}
    for number, mount in enumerate(container.get("volumeMounts") or ()):
        where, name, path = f"{field}[{number}]", mount.get("name", ""), mount.get("mountPath", "")
        if not name:
            causes.append(Cause.required(f"{where}.name"))
        if name not in volumes:
            causes.append(Cause.not_found(f"{where}.name", quoted(name)))
        if not path:
            causes.append(Cause.required(f"{where}.mountPath"))
        if path in paths:
            causes.append(Cause.invalid(f"{where}.mountPath", quoted(path), "must be unique"))
        paths.add(path)
        if name in used:
            causes.append(Cause.invalid(f"{where}.name", quoted(name), "must not already exist in volumeDevices"))
        if path in used.values():
            what = "must not already exist as a path in volumeDevices"
            causes.append(Cause.invalid(f"{where}.mountPath", quoted(path), what))
        causes += _sub_path(mount, field, where)
        causes += _propagation(mount, container, field)
        causes += _recursive_read_only(mount, f"{field}.recursiveReadOnly")
    return causes


def devices(container: Object, volumes: dict[str, Object], field: str) -> list[Cause]:
    """Volumes that are block devices. `volumes`: by name."""
    causes = []
    names: set[str] = set()
    paths: set[str] = set()
    mounted = {each.get("name", ""): each.get("mountPath", "") for each in container.get("volumeMounts") or ()}
    for number, device in enumerate(container.get("volumeDevices") or ()):
        where, name, path = f"{field}[{number}]", device.get("name", ""), device.get("devicePath", "")
        found = []
        if not name:
            found.append(Cause.required(f"{where}.name"))
        if name in names:
            found.append(Cause.invalid(f"{where}.name", quoted(name), "must be unique"))
        if name not in volumes:
            found.append(Cause.not_found(f"{where}.name", quoted(name)))
        elif not {"persistentVolumeClaim", "ephemeral"} & volumes[name].keys():
            what = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
            found.append(Cause.invalid(f"{where}.name", quoted(name), what))
        if not path:
            found.append(Cause.required(f"{where}.devicePath"))
        if path in paths:
            found.append(Cause.invalid(f"{where}.devicePath", quoted(path), "must be unique"))
        if path and no_backsteps(path, ""):
            found.append(Cause.invalid(f"{where}.devicePath", quoted(path), "can not contain backsteps ('..')"))
        else:
            paths.add(path)
        if name in mounted:
            found.append(Cause.invalid(f"{where}.name", quoted(name), "must not already exist in volumeMounts"))
        if path in mounted.values():
            what = "must not already exist as a path in volumeMounts"
            found.append(Cause.invalid(f"{where}.devicePath", quoted(path), what))
        names |= {name} - {""}
        causes += found
    return causes


def _sub_path(mount: Object, field: str, where: str) -> list[Cause]:
    causes = []
    path, expression = mount.get("subPath", ""), mount.get("subPathExpr", "")
    if path:
        causes += relative_path(path, f"{field}.subPath")
    if path and expression:
        what = "subPathExpr and subPath are mutually exclusive"
        causes.append(Cause.invalid(f"{where}.subPathExpr", quoted(expression), what))
    return causes + (relative_path(expression, f"{field}.subPathExpr") if expression else [])


def _propagation(mount: Object, container: Object, field: str) -> list[Cause]:
    propagation = mount.get("mountPropagation")
    if propagation is not None and propagation not in PROPAGATIONS:
        return [Cause.unsupported(f"{field}.mountPropagation", quoted(propagation), PROPAGATIONS)]
    if propagation == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        what = "Bidirectional mount propagation is available only to privileged containers"
        return [Cause.forbidden(f"{field}.mountPropagation", what)]
    return []


def _recursive_read_only(mount: Object, field: str) -> list[Cause]:
    """https://kubernetes.io/docs/concepts/storage/volumes/#recursive-read-only-mounts"""
    wanted = mount.get("recursiveReadOnly")
    if wanted is None or wanted == "Disabled":
        return []
    if wanted not in RECURSIVE:
        return [Cause.unsupported(field, quoted(wanted), RECURSIVE)]
    causes = []
    if not mount.get("readOnly"):
        causes.append(Cause.forbidden(field, "may only be specified when readOnly is true"))
    if mount.get("mountPropagation") not in (None, "None"):
        what = "may only be specified when mountPropagation is None or not specified"
        causes.append(Cause.forbidden(field, what))
    return causes


def relative_path(path: str, field: str) -> list[Cause]:
    """A path below a directory."""
    causes = []
    if path.startswith("/"):
        causes.append(Cause.invalid(field, quoted(path), "must be a relative path"))
    return causes + no_backsteps(path, field)


def no_backsteps(path: str, field: str) -> list[Cause]:
    return [Cause.invalid(field, quoted(path), "must not contain '..'")] if ".." in path.split("/") else []
