"""Each line of code in a text, and whether the text says that what it names is absent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graders.course.complete.text import Code, Text

ABSENT = re.compile(r"NXDOMAIN|SERVFAIL|Could not resolve|can't find|not found|NotFound|no such|not exist|bad address")


@dataclass(frozen=True, slots=True)
class ShownLine:
    """`code`: the block or the span that it is of. `absent`: by the output of its command, or the prose around it."""

    number: int
    text: str
    code: Code
    absent: bool


def shown_lines(text: Text) -> Iterator[ShownLine]:
    """Of all code but what is skipped."""
    for code in text.code:
        if code.skipped:
            continue
        if not code.block:
            yield ShownLine(code.line, code.text, code, bool(ABSENT.search(f"{code.before} {code.after}")))
            continue
        for chunk in _chunks(code):
            absent = any(ABSENT.search(line) for _, line in chunk)
            yield from (ShownLine(number, line, code, absent) for number, line in chunk)


def _chunks(block: Code) -> Iterator[list[tuple[int, str]]]:
    """Each command with its output: it begins after `$`, or after the output of the one before, in comments."""
    chunk: list[tuple[int, str]] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        after_output = bool(chunk) and chunk[-1][1].startswith("#") and not line.startswith("#")
        if chunk and (line.startswith("$ ") or after_output):
            yield chunk
            chunk = []
        chunk.append((number, line))
    yield chunk
