"""A student's bytes: read within limits, refused in one sentence with file and line, or handed on as objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from graders.intake import collect
from graders.intake.names import MANIFEST_SUFFIXES as SUFFIXES
from graders.intake.source import InvalidSubmission, SourceFile, printable

__all__ = ["SUFFIXES", "Document", "InvalidSubmission", "SourceFile", "parse", "printable", "read"]

MOST_DOCUMENTS = 50
MOST_ALIASES = 20
DEEPEST = 40  # levels of nesting
# YAML's own tags, which safe loading understands.
TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "binary", "merge", "value")
}


Field = tuple[str | int, ...]  # ("spec", "ports", 0, "port")
Lines = dict[Field, int]


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


def read(path: Path, within: Path | None = None) -> list[Document]:
    """Every object in a directory, an archive or a manifest that a user names; InvalidSubmission.

    Links may not lead out of `within`, by default the directory itself.
    """
    return parse(str(path), collect([path], within, shown=str(path)))


def parse(where: str, files: Sequence[SourceFile]) -> list[Document]:
    """Every object in the files, in their order; InvalidSubmission. `where`: what all of them together are called."""
    documents: list[Document] = []
    for file in files:
        for document in _documents(file.name, _text(file.name, file.content)):
            documents.append(document)
            if len(documents) > MOST_DOCUMENTS:
                what = f"more than {MOST_DOCUMENTS} objects. Hand in only what the task asks for."
                raise InvalidSubmission(document.where, what)
    if not documents:
        name = files[0].name if files else where
        raise InvalidSubmission(name, "there is no object in it. Write the manifest that the task asks for.")
    seen: dict[tuple[str, str, str], Document] = {}
    for document in documents:
        kind = str(document.content.get("kind"))
        key = (kind, str(document.content.get("metadata", {}).get("namespace", "")), document.name)
        if key in seen:
            what = f"{kind} {printable(document.name)!r} is there twice; the first is at {seen[key].where}. Keep one."
            raise InvalidSubmission(document.where, what)
        seen[key] = document
    return documents


def _text(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidSubmission(f"{path}:{line}", "it is not UTF-8 text. Save the file as UTF-8.") from error


def _documents(path: str, text: str) -> Iterator[Document]:
    try:
        loader = yaml.SafeLoader(text)
    except yaml.reader.ReaderError as error:
        where = f"{path}:{text.count(chr(10), 0, error.position) + 1}"
        raise InvalidSubmission(where, "it is not YAML: a control character is in it. Mend this line.") from error
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            lines: Lines = {}
            _check_node(path, node, set(), [0], lines, ())
            yield from _objects(path, lines, (), loader.construct_document(node))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InvalidSubmission(f"{path}:{line}", f"it is not YAML: {error.problem}. Mend this line.") from error
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError) as error:
        what = printable(str(error).splitlines()[0])
        raise InvalidSubmission(f"{path}:{loader.line + 1}", f"it is not YAML: {what}. Mend this line.") from error
    finally:
        loader.dispose()


def _check_node(path: str, node: yaml.Node, above: set[int], aliases: list[int], lines: Lines, at: Field) -> None:
    """Refuse what YAML allows and Kubernetes does not: other tags, keys twice, aliases that multiply. Fills `lines`."""
    lines.setdefault(at, node.start_mark.line + 1)
    where = f"{path}:{node.start_mark.line + 1}"
    if len(at) > DEEPEST:
        raise InvalidSubmission(where, f"nested deeper than {DEEPEST} levels. No manifest is that deep.")
    if node.tag not in TAGS:
        raise InvalidSubmission(where, f"the tag {printable(node.tag)} is not allowed. Use plain YAML.")
    if id(node) in above:
        aliases[0] += 1
        if aliases[0] > MOST_ALIASES:
            raise InvalidSubmission(where, f"more than {MOST_ALIASES} aliases. Write the values out.")
    above.add(id(node))
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in keys:
                line = key.start_mark.line + 1
                raise InvalidSubmission(f"{path}:{line}", f"the key {printable(name)!r} is there twice. Keep one.")
            keys.add(name)
            lines[*at, name] = key.start_mark.line + 1
            _check_node(path, value, above, aliases, lines, (*at, name))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _check_node(path, value, above, aliases, lines, (*at, number))


def _objects(path: str, lines: Lines, at: Field, content: Any) -> Iterator[Document]:
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
