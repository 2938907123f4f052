"""The entries of a directory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from graders.intake.entry import Entry, Kind, Unreadable, nothing
from graders.intake.limits import ENTRIES, FOLDERS, NAME_CHARACTERS
from graders.intake.names import is_junk


def entries(directory: Path, root: Path, prefix: str = "") -> Iterator[Entry]:
    """By name, depth first, without junk. Links are followed only to files within `root`, which is resolved.

    Of a folder with more than ENTRIES names just one more is listed, and what is too deep is not entered.
    """
    try:
        with os.scandir(directory) as found:
            names = sorted(islice((each.name for each in found if not is_junk(each.name)), ENTRIES + 1))
    except OSError as error:
        raise Unreadable(f"a folder of it cannot be read: {error.strerror}. Pack it again.") from error
    for name in names:
        entry = of_path(directory / name, prefix + name, root)
        yield entry
        deep = entry.name.count("/") > FOLDERS or len(entry.name) > NAME_CHARACTERS
        if entry.kind is Kind.DIRECTORY and not deep:
            yield from entries(directory / name, root, f"{entry.name}/")


def of_path(path: Path, name: str, root: Path | None) -> Entry:
    """The entry of one path. `root`: where links to files may lead; None: nowhere."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            target = path.resolve(strict=True)
            if root is None or not target.is_relative_to(root) or not target.is_file():
                return Entry(name, Kind.LINK, 0, nothing)
            path, status = target, target.stat()
    except (OSError, RuntimeError):  # a link to nowhere or to itself, or a file that is gone
        return Entry(name, Kind.LINK, 0, nothing)
    if stat.S_ISDIR(status.st_mode):
        return Entry(name, Kind.DIRECTORY, 0, nothing)
    if stat.S_ISREG(status.st_mode):
        return Entry(name, Kind.FILE, status.st_size, partial(_read, path))
    return Entry(name, Kind.OTHER, 0, nothing)


def _read(path: Path, limit: int) -> bytes:
    try:
        # Whatever came in its place since it was looked at: no link is followed, no pipe waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return file.read(limit)
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}. Put a plain file there.") from error
