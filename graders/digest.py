"""Digests of source files: whether what a verdict depends on is still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def of_files(base: Path, paths: Iterable[Path]) -> str:
    """SHA-256, in hex, over the files' names below `base` and their contents; links are followed."""
    digest = hashlib.sha256()
    for path in sorted(set(paths)):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(base)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
