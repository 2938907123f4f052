"""What was handed in as one file, so that it can be graded again and compared."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from graders import atomic
from graders.intake import handed_in
from graders.intake.entry import Entry, Kind, Unreadable
from graders.intake.formats import Format
from graders.intake.limits import ENTRIES, HANDED_IN_BYTES
from graders.intake.names import is_archive, is_manifest
from graders.intake.source import SourceFile

TYPES = {
    Kind.FILE: tarfile.REGTYPE,
    Kind.DIRECTORY: tarfile.DIRTYPE,
    Kind.LINK: tarfile.SYMTYPE,
    Kind.OTHER: tarfile.FIFOTYPE,
}


def keep(paths: Sequence[Path], target: Path) -> Path:
    """Write what was handed in to `target` with a suffix, atomically, and return that path.

    An archive stays as it is; everything else becomes a tar of its entries, always the same bytes for the same
    submission. `collect([that file])` then comes to the same files, or to the same refusal. What `collect` ignores is
    kept by name alone, and what is beyond its limits is cut off where they are exceeded.
    """
    content, form = _packed(paths)
    path = target.with_name(target.name + form.value)
    atomic.write(path, content)
    return path


def digest(files: Sequence[SourceFile]) -> str:
    """SHA-256 over names and contents, in whatever order the files come."""
    return _of(sorted(_of([file.name.encode(errors="surrogatepass"), file.content]) for file in files))


def content_digest(files: Sequence[SourceFile]) -> str:
    """SHA-256 over the contents alone: the same where two students handed in the same under other names."""
    return _of(sorted(file.content for file in files))


def raw_digest(paths: Sequence[Path]) -> str:
    """SHA-256 over what was handed in, for what `collect` refuses; it is the same for what `keep` kept of it."""
    return hashlib.sha256(_packed(paths)[0]).hexdigest()


def _of(parts: Iterable[bytes | str]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part.encode() if isinstance(part, str) else part).digest())
    return total.hexdigest()


def _packed(paths: Sequence[Path]) -> tuple[bytes, Format]:
    """What cannot be read is left out: `collect` has said so."""
    with suppress(Unreadable):
        archive = handed_in.lone_archive(paths)
        if archive:
            return archive.content, archive.form
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar, suppress(Unreadable):
        room = HANDED_IN_BYTES + 1
        for entry in islice(handed_in.entries(paths), ENTRIES + 1):
            content = _content(entry, room)
            room -= len(content)
            info = tarfile.TarInfo(entry.name)
            info.type = TYPES[entry.kind]
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue(), Format.TAR


def _content(entry: Entry, room: int) -> bytes:
    if not room or not (is_manifest(entry.name) or is_archive(entry.name)):
        return b""
    with suppress(Unreadable):
        return entry.read(room)
    return b""
