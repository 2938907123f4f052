"""What images an archive has: their names, configuration and layers.

Sources: https://github.com/moby/docker-image-spec https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pocketkube.archives.archive import Archive, ArchiveError

DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
FULL_NAME = "io.containerd.image.name"
NAME = "org.opencontainers.image.ref.name"  # a whole reference, or only its tag
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "ppc64le": "ppc64le", "s390x": "s390x"}
ATTESTATION = "vnd.docker.reference.type"
DEEPEST_INDEX = 4


@dataclass(frozen=True, slots=True)
class Packed:
    """An image in an archive. `names` are references as written; `layers` members of the archive, lowest first."""

    names: tuple[str, ...]
    config: dict[str, Any]
    digest: str  # sha256 of the configuration, which is the image's id
    layers: tuple[str, ...]

    @property
    def diff_ids(self) -> list[str]:
        """The digests of the layers, not compressed."""
        return list(self.config["rootfs"]["diff_ids"])


def images(archive: Archive) -> list[Packed]:
    """All images for this machine; ArchiveError when there is none."""
    if archive.has("manifest.json"):
        found = list(_docker(archive))
    elif archive.has("index.json"):
        found = list(_oci(archive))
    else:
        raise ArchiveError(
            f"{archive.path} is no image: it has neither manifest.json (docker save) nor index.json (OCI layout)"
        )
    if not found:
        raise ArchiveError(f"{archive.path} has no image for linux/{architecture()}")
    return found


def architecture() -> str:
    """This machine's, as images name it."""
    return ARCHITECTURES.get(platform.machine(), platform.machine())


def _docker(archive: Archive) -> Iterator[Packed]:
    manifest = archive.json("manifest.json")
    for entry in _list(archive, manifest, "manifest.json"):
        names = tuple(_texts(archive, entry.get("RepoTags"), "RepoTags"))
        config = _text(archive, entry.get("Config"), "Config")
        layers = tuple(_texts(archive, entry.get("Layers"), "Layers"))
        yield _packed(archive, names, config, layers)


def _oci(archive: Archive) -> Iterator[Packed]:
    for names, manifest in _manifests(archive, archive.json("index.json"), (), 0):
        layers = [_blob(archive, each) for each in _list(archive, manifest.get("layers"), "layers")]
        yield _packed(archive, names, _blob(archive, manifest.get("config")), tuple(layers))


def _manifests(
    archive: Archive, index: Any, names: tuple[str, ...], depth: int
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Of an index, and of the indexes that it leads to, the manifests for this machine."""
    if depth > DEEPEST_INDEX or not isinstance(index, dict):
        raise ArchiveError(f"{archive.path}: index.json leads to no manifest")
    for descriptor in _list(archive, index.get("manifests"), "manifests"):
        annotations = descriptor.get("annotations") or {}
        wanted = descriptor.get("platform") or {}
        if ATTESTATION in annotations or not _is_for_this_machine(wanted):
            continue
        named = annotations.get(FULL_NAME) or annotations.get(NAME)
        own = (_reference(archive, named),) if isinstance(named, str) and named else names
        path = _blob(archive, descriptor)
        found = archive.json(path, path.rpartition("/")[2])
        if isinstance(found, dict) and "manifests" in found:
            yield from _manifests(archive, found, own, depth + 1)
        elif isinstance(found, dict):
            yield own, found


def _packed(archive: Archive, names: tuple[str, ...], config_name: str, layers: tuple[str, ...]) -> Packed:
    config = archive.json(config_name)
    diff_ids = ((config.get("rootfs") if isinstance(config, dict) else None) or {}).get("diff_ids")
    if not isinstance(diff_ids, list) or len(diff_ids) != len(layers):
        raise ArchiveError(f"{archive.path}: {config_name!r} does not list its {len(layers)} layers")
    if not _is_for_this_machine(config):
        made_for = f"{config.get('os')}/{config.get('architecture')}"
        raise ArchiveError(f"{archive.path} is for {made_for}, and this machine is linux/{architecture()}")
    with archive.open(config_name) as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return Packed(names, config, digest, layers)


def _is_for_this_machine(platform_of: dict[str, Any]) -> bool:
    made_for = platform_of.get("os", "linux"), platform_of.get("architecture", architecture())
    return made_for == ("linux", architecture())


def _reference(archive: Archive, name: str) -> str:
    """A layout may name only a tag; then the image has the name of the file."""
    if "/" in name or ":" in name:
        return name
    return f"{archive.path.name.partition('.')[0].lower()}:{name}"


def _blob(archive: Archive, descriptor: Any) -> str:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    match = DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    if match is None:
        raise ArchiveError(f"{archive.path}: a manifest names no sha256 digest")
    return f"blobs/sha256/{match[1]}"


def _list(archive: Archive, value: Any, what: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ArchiveError(f"{archive.path}: {what} is no list of objects")
    return value


def _texts(archive: Archive, value: Any, what: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ArchiveError(f"{archive.path}: {what} is no list")
    return [_text(archive, each, what) for each in value]


def _text(archive: Archive, value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ArchiveError(f"{archive.path}: {what} is no text")
    return value
