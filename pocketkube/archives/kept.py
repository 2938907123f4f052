"""The images that were loaded, for every cluster of this user: $XDG_DATA_HOME/pocketkube/images.

Each is a directory named by its id, with `rootfs` and `image.json`; who removes the directory removes the image.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pocketkube.archives.archive import remove

DESCRIPTION = "image.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """`references` in full, such as docker.io/library/demo:1; the rest is the image's configuration."""

    id: str  # sha256 in hexadecimal digits
    references: tuple[str, ...]
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    environment: tuple[str, ...]
    working_directory: str
    user: str  # as it is written there; below, who that is
    uid: int
    gid: int
    groups: tuple[int, ...]
    stop_signal: str
    exposed_ports: tuple[str, ...]
    size: int  # bytes, unpacked


def directory() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "pocketkube" / "images"


def rootfs(image: Kept) -> Path:
    return directory() / image.id / "rootfs"


def all_images() -> list[Kept]:
    """In order of their first reference. What cannot be read does not count."""
    found = []
    for path in directory().glob(f"*/{DESCRIPTION}"):
        with contextlib.suppress(OSError, ValueError, TypeError):
            fields: dict[str, Any] = json.loads(path.read_text())
            found.append(Kept(**dict(zip(fields, map(_frozen, fields.values()), strict=True))))
    return sorted(found, key=lambda image: image.references)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def find(reference: str) -> Kept | None:
    return next((image for image in all_images() if reference in image.references), None)


@contextlib.contextmanager
def making(identity: str) -> Iterator[Path]:
    """A new directory for an image's root file system; it counts once `keep` has been called with it."""
    directory().mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = Path(tempfile.mkdtemp(prefix=f".{identity[:12]}-", dir=directory()))
    try:
        (partial / "rootfs").mkdir()
        yield partial / "rootfs"
    finally:
        if partial.exists():
            remove(partial)


def keep(made: Path, image: Kept) -> None:
    """Take the directory from `making` in, under the image's references, which no other image has from then on."""
    with _locked():
        home = directory() / image.id
        for other in all_images():
            left = tuple(each for each in other.references if each not in image.references)
            if other.id == image.id:
                image = Kept(**{**asdict(image), "references": (*image.references, *left)})
            elif left != other.references:
                _rename(other, left)
        (made.parent / DESCRIPTION).write_text(json.dumps(asdict(image), indent=1))
        if home.exists():
            (made.parent / DESCRIPTION).replace(home / DESCRIPTION)
        else:
            made.parent.rename(home)


def forget(reference: str) -> bool:
    """Take a name from its image, and away the image that has none left; False when no image has that name."""
    with _locked():
        image = find(reference)
        if image is None:
            return False
        _rename(image, tuple(each for each in image.references if each != reference))
        return True


def _rename(image: Kept, references: tuple[str, ...]) -> None:
    home = directory() / image.id
    if not references:
        remove(home)
        return
    written = home / f"{DESCRIPTION}.new"
    written.write_text(json.dumps({**asdict(image), "references": references}, indent=1))
    written.replace(home / DESCRIPTION)


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """One process at a time changes what is kept."""
    directory().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (directory() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
