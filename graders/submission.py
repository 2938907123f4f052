"""A student's bytes: read within limits, refused in one sentence with file and line, or handed on as objects."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graders import manifest
from graders.intake import collect
from graders.intake.names import MANIFEST_SUFFIXES as SUFFIXES
from graders.intake.source import InvalidSubmission, SourceFile, printable
from graders.manifest import Lines

__all__ = ["SUFFIXES", "Document", "InvalidSubmission", "SourceFile", "objects", "parse", "printable", "read"]

MOST_DOCUMENTS = 50


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a submission and where it stands. `lines`: of each of its fields, counted from 1."""

    content: dict[str, Any]
    file: str
    line: int
    lines: Lines = field(default_factory=dict)

    @property
    def where(self) -> str:
        return f"{printable(self.file)}:{self.line}"

    def at(self, *path: str | int) -> str:
        """File and line of a field, or of the nearest part of the object that there is."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{printable(self.file)}:{self.lines.get(path, self.line)}"

    @property
    def name(self) -> str:
        return str(self.content.get("metadata", {}).get("name", ""))

    @property
    def namespace(self) -> str:
        """ "" for the one in which the lab is done."""
        return str(self.content.get("metadata", {}).get("namespace") or "")


def read(path: Path, within: Path | None = None) -> list[Document]:
    """Every object in a directory, an archive or a manifest that a user names; InvalidSubmission.

    Links may not lead out of `within`, by default the directory itself.
    """
    return parse(str(path), collect([path], within, shown=str(path)))


def parse(where: str, files: Sequence[SourceFile]) -> list[Document]:
    """At least one object; InvalidSubmission. `where`: what all the files together are called."""
    documents = objects(files)
    if not documents:
        name = files[0].name if files else where
        raise InvalidSubmission(name, "there is no object in it. Write the manifest that the task asks for.")
    return documents


def objects(files: Sequence[SourceFile]) -> list[Document]:
    """Every object in the files, in their order; InvalidSubmission."""
    documents: list[Document] = []
    room = manifest.Room()
    for file in files:
        for content, lines in manifest.documents(file.name, _text(file.name, file.content), room):
            for document in _objects(file.name, lines, (), content):
                documents.append(document)
                if len(documents) > MOST_DOCUMENTS:
                    what = f"more than {MOST_DOCUMENTS} objects. Hand in only what the task asks for."
                    raise InvalidSubmission(document.where, what)
    seen: dict[tuple[str, str, str], Document] = {}
    for document in documents:
        kind = str(document.content.get("kind"))
        key = (kind, document.namespace, document.name)
        if key in seen:
            what = f"{kind} {printable(document.name)!r} is there twice; the first is at {seen[key].where}. Keep one."
            raise InvalidSubmission(document.where, what)
        seen[key] = document
    return documents


def _text(path: str, content: bytes) -> str:
    every_second = {content[:8:2], content[1:8:2]}
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or bytes(4) in every_second:
        what = "it is UTF-16, not UTF-8 text. Save it as UTF-8; Windows PowerShell writes UTF-16 by `>`."
        raise InvalidSubmission(f"{path}:1", what)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidSubmission(f"{path}:{line}", "it is not UTF-8 text. Save the file as UTF-8.") from error


def _objects(path: str, lines: Lines, at: manifest.Path, content: Any) -> Iterator[Document]:
    if content is None:
        return
    where = f"{path}:{lines[at]}"
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
        raise InvalidSubmission(where, "it is no Kubernetes object: it has no `kind`. Begin with apiVersion and kind.")
    if content["kind"] == "List":
        items = content.get("items") or ()
        if not isinstance(items, list):
            raise InvalidSubmission(f"{path}:{lines[*at, 'items']}", "`items` of a List must be a list of objects.")
        for number, item in enumerate(items):
            yield from _objects(path, lines, (*at, "items", number), item)
        return
    if not isinstance(content.get("metadata", {}), dict):
        raise InvalidSubmission(where, "`metadata` must be a mapping with a `name`.")
    own = {field[len(at) :]: line for field, line in lines.items() if field[: len(at)] == at}
    yield Document(content, path, lines[at], own)
