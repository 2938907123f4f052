"""What of a course is an answer, and whether any is left where students look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graders import submission
from graders.course.complete.text import text_of
from graders.intake.names import is_manifest
from graders.intake.source import SourceFile
from graders.lab import Lab
from graders.submission import InvalidSubmission


def answers(lab: Lab) -> dict[str, str]:
    """{object: where it is in the solution}, without those that the starter has as well: they are given."""
    starter = {_canonical(each.content) for each in submission.read(lab.directory / "starter")}
    solution = {_canonical(each.content): each.where for each in submission.read(lab.directory / "solution")}
    return {content: where for content, where in solution.items() if content not in starter}


def objects(directory: Path) -> Iterator[tuple[str, str]]:
    """(object, where it is) of each manifest, and of each code block of a text; what is no manifest is left out."""
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        if is_manifest(path.name):
            yield from _objects(str(path.relative_to(directory)), path.read_bytes())
        elif path.suffix == ".md":
            for code in text_of(path).code:
                where = f"{path.relative_to(directory)}:{code.line}"
                yield from ((content, where) for content, _ in _objects(where, code.text.encode()))


def _objects(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    try:
        documents = submission.objects([SourceFile(name, content)])
    except InvalidSubmission:
        return
    yield from ((_canonical(each.content), each.where) for each in documents)


def _canonical(content: dict[str, Any]) -> str:
    """The same for the same object, however it is written."""
    return json.dumps(content, sort_keys=True)
