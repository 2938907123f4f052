"""What a client is told of volumes that are accepted: kinds that are gone, and files that lie one over the other.

Source: k8s.io/kubernetes/pkg/api/pod/warnings.go
"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission.formats import quoted
from pocketkube.store import Object

GONE = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}


def volumes(found: list[Object], field: str) -> Iterator[str]:
    for number, volume in enumerate(found):
        for kind, what in GONE.items():
            if kind in volume:
                yield f"{field}[{number}].{kind}: {what}"
    for volume in found:
        for kind, source, named in _sources(volume):
            paths = [item.get("path", "") for item in source.get("items") or ()]
            yield from _overlaps(paths, f"volume {quoted(volume['name'])} ({kind}{named}): overlapping paths")
        yield from _projected(volume)


def _sources(volume: Object, prefix: str = "") -> Iterator[tuple[str, Object, str]]:
    """The sources that have items: their kind, and how a warning names them."""
    for key, kind, name in (
        ("configMap", "ConfigMap", "name"),
        ("secret", "Secret", "name" if prefix else "secretName"),
        ("downwardAPI", "DownwardAPI", ""),
    ):
        if key in volume:
            named = f" {quoted(volume[key].get(name, ''))}" if name else ""
            yield f"{prefix}{kind}", volume[key], named


def _projected(volume: Object) -> Iterator[str]:
    """Sources share one directory."""
    seen: set[str] = set()
    for source in (volume.get("projected") or {}).get("sources") or ():
        if not source:
            yield f"volume {quoted(volume['name'])} (Projected) has no sources provided"
        paths, what = [], ""
        for kind, found, named in _sources(source, "Projected "):
            paths, what = [item.get("path", "") for item in found.get("items") or ()], f"{kind}{named}"
        if "serviceAccountToken" in source:
            paths, what = [source["serviceAccountToken"].get("path", "")], "Projected ServiceAccountToken"
        where = f"volume {quoted(volume['name'])} ({what}): overlapping paths"
        yield from _overlaps(paths, where)
        if paths:
            yield from _overlaps(sorted([*set(paths), *seen]), where)
        seen |= set(paths)


def _overlaps(paths: list[str], where: str) -> Iterator[str]:
    seen: list[str] = []
    for path in (each.rstrip("/") for each in paths):
        for other in seen:
            if path and other and (f"{other}/".startswith(path) or f"{path}/".startswith(other)):
                yield f"{where}: {quoted(path)} with {quoted(other)}"
                break
        seen.append(path)
