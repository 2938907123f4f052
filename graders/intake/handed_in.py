"""The paths that one student handed in, as one archive or as the entries of one folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.intake import directory
from graders.intake.entry import Entry, Kind, Unreadable
from graders.intake.formats import HEAD, Format, recognise
from graders.intake.limits import HANDED_IN_BYTES, TAR_HEADER_BYTES
from graders.intake.names import is_manifest
from graders.intake.platforms import file_name


@dataclass(frozen=True, slots=True)
class LoneArchive:
    """`content` ends one byte after what is allowed."""

    content: bytes
    form: Format


def lone_archive(paths: Sequence[Path], *, follow: bool = False) -> LoneArchive | None:
    """What was handed in, when it is a single archive. `follow`: the path, when it is a link."""
    if len(paths) != 1 or is_manifest(paths[0].name):
        return None
    entry = _entry(paths[0], follow)
    if entry.kind is not Kind.FILE:
        return None
    form = recognise(entry.read(HEAD))
    if form is None:
        return None
    return LoneArchive(entry.read(HANDED_IN_BYTES + (TAR_HEADER_BYTES if form is Format.TAR else 0) + 1), form)


def entries(paths: Sequence[Path], within: Path | None = None, *, follow: bool = False) -> Iterator[Entry]:
    """Of a single directory those in it; else each path is an entry, with what is in it. Names are the student's."""
    for path in sorted(paths):
        entry = _entry(path, follow)
        if entry.kind is Kind.DIRECTORY:
            prefix = f"{entry.name}/" if len(paths) > 1 else ""
            yield from directory.entries(path, (within or path).resolve(), prefix)
        else:
            yield entry


def _entry(path: Path, follow: bool) -> Entry:
    if not path.exists() and not path.is_symlink():
        raise Unreadable("there is no such directory. Name the one that holds your manifests.")
    return directory.of_path(path.resolve() if follow else path, file_name(path.name), None)
