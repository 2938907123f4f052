"""`pocketkube load FILE`: from an archive to images that every cluster of this user has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pocketkube.archives import kept
from pocketkube.archives.archive import Archive, ArchiveError
from pocketkube.archives.kept import Kept
from pocketkube.archives.layers import Unpacked
from pocketkube.archives.manifest import Packed, images
from pocketkube.archives.users import resolve
from pocketkube.image_reference import parse_reference


def load(path: Path) -> list[Kept]:
    """Take in every image of the archive; ArchiveError, and nothing of that image, when one cannot be."""
    if not path.exists():
        raise ArchiveError(f"{path}: no such file")
    with Archive(path) as archive:
        return [_load_one(archive, packed) for packed in images(archive)]


def _load_one(archive: Archive, packed: Packed) -> Kept:
    references = tuple(_full(archive, name) for name in packed.names)
    if not references:
        raise ArchiveError(f"{archive.path}: an image in it has no name: save it by name, not by id")
    with kept.making(packed.digest) as root:
        unpacked = Unpacked(root)
        for number, (layer, diff_id) in enumerate(zip(packed.layers, packed.diff_ids, strict=True), 1):
            with archive.open(layer) as file:
                unpacked.add(file, str(diff_id), f"{archive.path}: layer {number}")
        unpacked.finish()
        image = _described(archive, packed, references, unpacked)
        kept.keep(root, image)
        return image


def _described(archive: Archive, packed: Packed, references: tuple[str, ...], unpacked: Unpacked) -> Kept:
    config = packed.config.get("config") or {}
    if not isinstance(config, dict):
        raise ArchiveError(f"{archive.path}: the image's configuration is no object")
    directory = _text(archive, config, "WorkingDir") or "/"
    user = _text(archive, config, "User")
    found = resolve(user, unpacked.read("etc/passwd"), unpacked.read("etc/group"))
    return Kept(
        id=packed.digest,
        references=references,
        entrypoint=_texts(archive, config, "Entrypoint"),
        command=_texts(archive, config, "Cmd"),
        environment=_texts(archive, config, "Env"),
        working_directory=directory if directory.startswith("/") else f"/{directory}",
        user=user,
        uid=found.uid,
        gid=found.gid,
        groups=found.groups,
        stop_signal=_text(archive, config, "StopSignal") or "SIGTERM",
        exposed_ports=tuple(config.get("ExposedPorts") or ()),
        size=_size(unpacked.root),
    )


def _full(archive: Archive, name: str) -> str:
    try:
        repository, tag = parse_reference(name)
    except ValueError:
        raise ArchiveError(f"{archive.path}: {name!r} is no image name") from None
    return f"{repository}:{tag}"


def _size(root: Path) -> int:
    return sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir())


def _texts(archive: Archive, config: dict[str, Any], field: str) -> tuple[str, ...]:
    value = config.get(field) or []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ArchiveError(f"{archive.path}: {field} of the image's configuration is no list of words")
    return tuple(value)


def _text(archive: Archive, config: dict[str, Any], field: str) -> str:
    value = config.get(field) or ""
    if not isinstance(value, str):
        raise ArchiveError(f"{archive.path}: {field} of the image's configuration is no text")
    return value
