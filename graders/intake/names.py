"""Names of entries: which are refused, which are ignored, which are manifests or archives."""

from __future__ import annotations

import re

from graders.intake.entry import Unreadable
from graders.intake.limits import FOLDERS, NAME_CHARACTERS

MANIFEST_SUFFIXES = (".yaml", ".yml", ".json")
ARCHIVE_SUFFIXES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz", ".tbz2", ".xz", ".txz", ".rar", ".7z")
# What tools leave behind; besides, everything that is hidden.
JUNK = {"__MACOSX", "__pycache__", "node_modules", "venv", "vendor", "Thumbs.db", "desktop.ini"}
DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def plain(name: str) -> str:
    """The name without empty parts and `.`; Unreadable when it leads out of the submission or is too long."""
    if name.startswith("/") or DRIVE.match(name):
        raise Unreadable("its name begins at the root of a disk. Pack it with a name inside your folder.")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Unreadable("its name leads out of the submission by `..`. Pack it with a name inside your folder.")
    if len(parts) > FOLDERS + 1:
        raise Unreadable(f"it is more than {FOLDERS} folders deep. Put it further up.")
    joined = "/".join(parts)
    if len(joined) > NAME_CHARACTERS:
        raise Unreadable(f"its name has more than {NAME_CHARACTERS} characters. Give it a shorter one.")
    return joined


def is_junk(part: str) -> bool:
    """Of one part of a path: hidden, or left behind by a tool."""
    return part.startswith(".") or part in JUNK


def is_manifest(name: str) -> bool:
    return name.lower().endswith(MANIFEST_SUFFIXES)


def is_archive(name: str) -> bool:
    return name.lower().endswith(ARCHIVE_SUFFIXES)
