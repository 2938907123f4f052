"""From what was handed in to the manifests in it: one set of rules for directories, zips and tars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from graders.intake import handed_in, tar_archive, zip_archive
from graders.intake.entry import Entry, Kind, Unreadable
from graders.intake.formats import HEAD, Format, recognise
from graders.intake.limits import ENTRIES, HANDED_IN_BYTES, MANIFEST_BYTES, MANIFESTS, TAR_HEADER_BYTES
from graders.intake.names import is_archive, is_junk, is_manifest, plain
from graders.intake.source import InvalidSubmission, SourceFile

WHOLE = "the submission"
ONLY = "Hand in only what the task asks for."
ALONE = "Hand in the manifests alone."


def collect(paths: Sequence[Path], within: Path | None = None, *, shown: str = "") -> list[SourceFile]:
    """The manifests of one submission, by name; InvalidSubmission.

    `paths`: the directories, archives and manifests that make it up. `within`: where links in a directory may lead,
    by default that directory. `shown`: how a user named the only path; the names of files then begin with it, and it
    is followed when it is a link. An archive in the submission is unpacked; an archive in that one is refused.
    """
    collection = _Collection(shown)
    try:
        archive = handed_in.lone_archive(paths, follow=bool(shown))
        if archive:
            collection.add(_archive_entries(archive.content, archive.form))
        else:
            collection.lone = bool(shown) and not paths[0].is_dir()
            collection.add(handed_in.entries(paths, within, follow=bool(shown)))
    except Unreadable as error:
        collection.refuse("", str(error), error)
    if not collection.manifests:
        collection.refuse("", "no manifest is in it. Put a .yaml or .yml file there.")
    return sorted(collection.manifests, key=lambda file: file.name.split("/"))


class _Collection:
    """The manifests so far, and how much was looked at. `lone`: the user named the file itself."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.lone = False
        self.manifests: list[SourceFile] = []
        self._names: set[str] = set()
        self._entries = 0
        self._bytes = 0
        self._manifest_bytes = 0

    def refuse(self, name: str, problem: str, cause: Exception | None = None) -> NoReturn:
        """`name`: of an entry; "": of the submission as a whole."""
        raise InvalidSubmission(self._label(name), problem) from cause

    def add(self, entries: Iterator[Entry], prefix: str = "", *, packed: bool = False) -> None:
        """Every manifest of the entries. `packed`: of an archive in the submission; `prefix`: of their names."""
        for entry in entries:
            self._entries += 1
            if self._entries > ENTRIES:
                self.refuse("", f"more than {ENTRIES:,} files and folders are in it. {ONLY}")
            try:
                name = plain(entry.name)
                manifest = is_manifest(name)
                if not (manifest or is_archive(name)) or entry.kind is Kind.DIRECTORY:
                    continue
                if any(is_junk(part) for part in name.split("/")):
                    continue
                name = prefix + name
                content = self._content(entry, manifest)
                if manifest:
                    self._add_manifest(name, content)
                else:
                    self._add_archive(name, content, packed)
            except Unreadable as error:
                self.refuse(prefix + shortened(entry.name), str(error), error)

    def _content(self, entry: Entry, manifest: bool) -> bytes:
        if entry.kind is Kind.LINK:
            raise Unreadable("it is a link, not a file. Put the file itself there.")
        if entry.kind is Kind.OTHER:
            raise Unreadable("it is no plain file. Put a YAML file there.")
        content = entry.read(HANDED_IN_BYTES - self._bytes + 1)
        if manifest:
            self._manifest_bytes += len(content)
            if self._manifest_bytes > MANIFEST_BYTES:
                raise Unreadable(f"with this file the manifests have more than 1 MiB. {ALONE}")
        self._bytes += len(content)
        if self._bytes > HANDED_IN_BYTES:
            self.refuse("", f"more than {HANDED_IN_BYTES >> 20} MiB are in it. {ALONE}")
        return content

    def _add_manifest(self, name: str, content: bytes) -> None:
        form = recognise(content[:HEAD])
        if form:
            raise Unreadable(f"it is an archive. Name it {form.value}, or hand in the manifest itself.")
        if name in self._names:
            raise Unreadable("two files have this name. Keep one.")
        self._names.add(name)
        self.manifests.append(SourceFile(self._label(name), content))
        if len(self.manifests) > MANIFESTS:
            self.refuse("", f"more than {MANIFESTS} manifests. {ONLY}")

    def _add_archive(self, name: str, content: bytes, packed: bool) -> None:
        if packed:
            raise Unreadable("it is an archive in an archive. Hand in the manifests themselves.")
        if not content:
            raise Unreadable("it is empty. Pack it again, and open it once before you hand it in.")
        form = recognise(content[:HEAD])
        if form is None:
            raise Unreadable("it is no archive, whatever its name says. Pack it again, as a zip.")
        self.add(_archive_entries(content, form), f"{name}/", packed=True)

    def _label(self, name: str) -> str:
        if self.lone or not name:
            return self.shown or WHOLE
        return f"{self.shown}/{name}" if self.shown else name


def _archive_entries(content: bytes, form: Format) -> Iterator[Entry]:
    if len(content) > HANDED_IN_BYTES + (TAR_HEADER_BYTES if form is Format.TAR else 0):
        raise Unreadable(f"more than {HANDED_IN_BYTES >> 20} MiB are in it. {ALONE}")
    match form:
        case Format.ZIP:
            return zip_archive.entries(content)
        case Format.RAR | Format.SEVEN_ZIP:
            raise Unreadable(f"it is a {form.value} archive, which is not read here. Pack it as a zip.")
        case _:
            return tar_archive.entries(content, form)


def shortened(name: str) -> str:
    """Of a name that may be too long for a sentence."""
    return name if len(name) <= 100 else f"{name[:100]}…"
