"""Validation of a Pod's volumes: k8s.io/kubernetes/pkg/apis/core."""

from __future__ import annotations

from pocketkube.admission import formats
from pocketkube.admission.formats import quoted
from pocketkube.admission.metadata_validation import annotation_keys
from pocketkube.admission.pods.container_validation import VOLUME_FIELDS, field_reference, resource_reference
from pocketkube.admission.pods.mount_validation import no_backsteps, relative_path
from pocketkube.admission.storage.claim_validation import claim_spec
from pocketkube.errors import Cause
from pocketkube.quantity import parse
from pocketkube.store import Object

MODE = "must be a number between 0 and 0777 (octal), both inclusive"
MODES = range(0o1000)
HOST_PATH_TYPES = [
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
]
SHORTEST_TOKEN, LONGEST_TOKEN = 600, 1 << 32  # seconds


def volumes(found: list[Object], field: str) -> tuple[dict[str, Object], list[Cause]]:
    """Those that can be mounted, by name, and what is wrong with the others."""
    causes: list[Cause] = []
    fit: dict[str, Object] = {}
    for number, volume in enumerate(found):
        where, name = f"{field}[{number}]", volume.get("name", "")
        wrong = _source(volume, where)
        wrong += formats.dns_label(name, f"{where}.name") if name else [Cause.required(f"{where}.name")]
        if name in fit:
            wrong.append(Cause.duplicate(f"{where}.name", quoted(name)))
        if not wrong:
            fit[name] = volume
        causes += wrong
    return fit, causes


def _source(volume: Object, field: str) -> list[Cause]:
    kinds = [kind for kind in volume if kind != "name"]
    more = "may not specify more than 1 volume type"
    ordered = [kind for kind in (*SOURCES, *kinds) if kind in kinds]
    ordered = list(dict.fromkeys(ordered))
    causes = []
    for position, kind in enumerate(ordered):
        if position:
            causes.append(Cause.forbidden(f"{field}.{kind}", more))
        elif kind in SOURCES:
            causes += SOURCES[kind](volume[kind], f"{field}.{kind}")
    return causes


def _empty_dir(source: Object, field: str) -> list[Cause]:
    if source.get("sizeLimit") and parse(source["sizeLimit"]).nano < 0:
        return [Cause.forbidden(f"{field}.sizeLimit", "SizeLimit field must be a valid resource quantity")]
    return []


def host_path(source: Object, field: str) -> list[Cause]:
    path, kind = source.get("path", ""), source.get("type", "")
    if not path:
        return [Cause.required(f"{field}.path")]
    causes = no_backsteps(path, f"{field}.path")
    if kind not in HOST_PATH_TYPES:
        causes.append(Cause.unsupported(f"{field}.type", quoted(kind), HOST_PATH_TYPES))
    return causes


def _config_map(source: Object, field: str) -> list[Cause]:
    return _keyed(source, "name", field)


def _secret(source: Object, field: str) -> list[Cause]:
    return _keyed(source, "secretName", field)


def _keyed(source: Object, name: str, field: str) -> list[Cause]:
    causes = [] if source.get(name) else [Cause.required(f"{field}.{name}")]
    causes += _mode(source, "defaultMode", field)
    return causes + _items(source, field)


def _items(source: Object, field: str) -> list[Cause]:
    causes = []
    for number, item in enumerate(source.get("items") or ()):
        where = f"{field}.items[{number}]"
        if not item.get("key"):
            causes.append(Cause.required(f"{where}.key"))
        causes += _file_path(item.get("path", ""), f"{where}.path")
        causes += _mode(item, "mode", where)
    return causes


def _file_path(path: str, field: str) -> list[Cause]:
    if not path:
        return [Cause.required(field)]
    causes = relative_path(path, field)
    if path.startswith("..") and not causes:
        causes.append(Cause.invalid(field, quoted(path), "must not start with '..'"))
    return causes


def _mode(source: Object, name: str, field: str) -> list[Cause]:
    mode = source.get(name)
    return [] if mode is None or mode in MODES else [Cause.invalid(f"{field}.{name}", str(mode), MODE)]


def _downward(source: Object, field: str) -> list[Cause]:
    causes = _mode(source, "defaultMode", field)
    for item in source.get("items") or ():
        causes += _downward_item(item, field)
    return causes


def _downward_item(item: Object, field: str) -> list[Cause]:
    causes = _file_path(item.get("path", ""), f"{field}.path")
    if "fieldRef" in item:
        causes += field_reference(item["fieldRef"], VOLUME_FIELDS, f"{field}.fieldRef")
        if "resourceFieldRef" in item:
            what = "fieldRef and resourceFieldRef can not be specified simultaneously"
            causes.append(Cause.invalid(field, '"resource"', what))
    elif "resourceFieldRef" in item:
        causes += resource_reference(item["resourceFieldRef"], f"{field}.resourceFieldRef", in_volume=True)
    else:
        causes.append(Cause.required(field, "one of fieldRef and resourceFieldRef is required"))
    return causes + _mode(item, "mode", field)


def _claim(source: Object, field: str) -> list[Cause]:
    name = source.get("claimName", "")
    return [] if name else [Cause.required(f"{field}.claimName")]


def _ephemeral(source: Object, field: str) -> list[Cause]:
    template, where = source.get("volumeClaimTemplate"), f"{field}.volumeClaimTemplate"
    if template is None:
        return [Cause.required(where)]
    metadata = template["metadata"]
    causes = formats.labels(metadata.get("labels") or {}, f"{where}.metadata.labels")
    causes += annotation_keys(metadata.get("annotations") or {}, f"{where}.metadata.annotations")
    set_besides = metadata.keys() - {"labels", "annotations"}
    causes += [Cause.forbidden(f"{where}.metadata.{name}", "cannot be set") for name in sorted(set_besides)]
    return causes + claim_spec(template["spec"], f"{where}.spec")


def _projected(source: Object, field: str) -> list[Cause]:
    causes = _mode(source, "defaultMode", field)
    paths: set[str] = set()
    for number, each in enumerate(source.get("sources") or ()):
        where = f"{field}.sources[{number}]"
        kinds = [kind for kind in ("secret", "configMap", "downwardAPI", "serviceAccountToken") if kind in each]
        for kind in kinds:
            causes += _projection(kind, each[kind], field, f"{where}.{kind}")
            if kind == "serviceAccountToken":
                continue
            for path in filter(None, (item.get("path", "") for item in each[kind].get("items") or ())):
                if path in paths:
                    shown = path if kind == "downwardAPI" else each[kind].get("name", "")
                    causes.append(Cause.invalid(field, quoted(shown), "conflicting duplicate paths"))
                paths.add(path)
        if len(kinds) > 1:
            causes.append(Cause.forbidden(where, "may not specify more than 1 volume type per source"))
    return causes


def _projection(kind: str, source: Object, volume: str, field: str) -> list[Cause]:
    """`volume`: the field of the projected volume."""
    if kind == "downwardAPI":
        return _downward(source, field)
    if kind != "serviceAccountToken":
        return ([] if source.get("name") else [Cause.required(f"{field}.name")]) + _items(source, field)
    seconds, causes = source.get("expirationSeconds", 3600), []
    if seconds < SHORTEST_TOKEN:
        what = "may not specify a duration less than 10 minutes"
        causes.append(Cause.invalid(f"{field}.expirationSeconds", str(seconds), what))
    elif seconds > LONGEST_TOKEN:
        what = "may not specify a duration larger than 2^32 seconds"
        causes.append(Cause.invalid(f"{field}.expirationSeconds", str(seconds), what))
    return causes + _file_path(source.get("path", ""), f"{volume}.path")


def _nfs(source: Object, field: str) -> list[Cause]:
    path = source.get("path", "")
    causes = [Cause.required(f"{field}.{name}") for name in ("server", "path") if not source.get(name)]
    if not path.startswith("/"):
        causes.append(Cause.invalid(f"{field}.path", quoted(path), "must be an absolute path"))
    return causes


def _git_repository(source: Object, field: str) -> list[Cause]:
    causes = [] if source.get("repository") else [Cause.required(f"{field}.repository")]
    return causes + relative_path(source.get("directory", ""), f"{field}.directory")


def _csi(source: Object, field: str) -> list[Cause]:
    driver = source.get("driver", "")
    if not driver:
        causes = [Cause.required(f"{field}.driver")]
    else:
        causes = [Cause.too_long(f"{field}.driver", 63)] if len(driver) > 63 else []
        causes += formats.dns_subdomain(driver.lower(), f"{field}.driver")
    secret = source.get("nodePublishSecretRef")
    if secret is not None and not secret.get("name"):
        causes.append(Cause.required(f"{field}.nodePublishSecretRef.name"))
    return causes


# In the order in which they are looked at: the first counts.
SOURCES = {
    "emptyDir": _empty_dir,
    "hostPath": host_path,
    "gitRepo": _git_repository,
    "secret": _secret,
    "nfs": _nfs,
    "persistentVolumeClaim": _claim,
    "downwardAPI": _downward,
    "configMap": _config_map,
    "projected": _projected,
    "csi": _csi,
    "ephemeral": _ephemeral,
}
