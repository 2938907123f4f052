"""Files of a volume that change all at once, through a link `..data` to a directory with the newest of them.

Source: k8s.io/kubernetes/pkg/volume/util/atomic_writer.go
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

DATA = "..data"


@dataclass(frozen=True, slots=True)
class Projected:
    """A file's content and its permission bits."""

    content: bytes
    mode: int


def write_projection(directory: Path, files: dict[str, Projected], owner: int | None = None) -> None:
    """Make `directory` show `files` ({path: file}) and nothing else. `owner`: a group that may read them."""
    if _shown(directory) == files:
        return
    fresh = directory / f"..{time.strftime('%Y_%m_%d_%H_%M_%S', time.gmtime())}.{secrets.randbelow(10**10):010}"
    for path, file in files.items():
        target = fresh / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        target.chmod(file.mode)
        if owner is not None:
            os.chown(target, -1, owner)
    fresh.mkdir(exist_ok=True)
    old = directory / DATA
    before = old.resolve() if old.exists() else None
    link = directory / f"{DATA}_tmp"
    link.symlink_to(fresh.name)
    link.rename(old)
    names = {path.partition("/")[0] for path in files}
    for entry in directory.iterdir():
        if not entry.name.startswith("..") and entry.name not in names:
            entry.unlink()
    for name in names:
        if not (directory / name).is_symlink():
            (directory / name).symlink_to(f"{DATA}/{name}")
    if before:
        shutil.rmtree(before, ignore_errors=True)


def _shown(directory: Path) -> dict[str, Projected] | None:
    root = directory / DATA
    if not root.exists():
        return None
    return {
        str(path.relative_to(root)): Projected(path.read_bytes(), path.stat().st_mode & 0o7777)
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
