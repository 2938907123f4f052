"""A line, with what is below it, is indented by two blanks more or less."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.mutant import Edit
from graders.submission import Document

STEP = "  "


def edits(document: Document, text: str) -> Iterator[Edit]:
    """Of each field of the object. `text`: of the whole file."""
    lines = text.splitlines(keepends=True)
    seen: set[int] = set()
    for path, line in sorted(document.lines.items(), key=lambda each: (each[1], len(each[0]))):
        if not path or line in seen or line > len(lines):
            continue
        seen.add(line)
        first, end = line - 1, _end(lines, line - 1)
        for how, block in (("further in", _moved_in(lines[first:end])), ("further out", _moved_out(lines[first:end]))):
            if block:
                yield Edit("indentation", path, how, text="".join((*lines[:first], *block, *lines[end:])))


def _end(lines: list[str], first: int) -> int:
    """The line after the last that is indented more than the first."""
    own = _indentation(lines[first])
    for number, line in enumerate(lines[first + 1 :], start=first + 1):
        if line.strip() and _indentation(line) <= own:
            return number
    return len(lines)


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _moved_in(block: list[str]) -> list[str]:
    return [STEP + line if line.strip() else line for line in block]


def _moved_out(block: list[str]) -> list[str]:
    """None where it is at the margin already."""
    return [line.removeprefix(STEP) for line in block] if block[0].startswith(STEP) else []
