"""What would make the output that a text shows right, and the text with that done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graders.course.document.markdown import LINE_END
from graders.course.document.step import OutputLine, Step


@dataclass(frozen=True, slots=True)
class Replace:
    """Columns `start` to `end` of the output's line `line`, counted from 0."""

    line: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Remove:
    """The output's line `line`."""

    line: int


@dataclass(frozen=True, slots=True)
class Add:
    """A line after the output's line `line`, or before it."""

    line: int
    text: str
    before: bool = False


Edit = Replace | Remove | Add


def edited(text: str, edits: Mapping[Step, Sequence[Edit]]) -> str:
    """The document with the edits done, and every other byte as it was."""
    lines = _with_ends(text)
    changed: dict[int, str] = {}
    for step, wanted in edits.items():
        for number, line in enumerate(step.output):
            mine = [each for each in wanted if each.line == number]
            if mine:
                changed[line.line - 1] = _rewritten(lines[line.line - 1], line, step.prefix, mine)
    return "".join(changed.get(number, line) for number, line in enumerate(lines))


def _rewritten(raw: str, line: OutputLine, prefix: str, edits: Sequence[Edit]) -> str:
    """`raw`: the line in the file, with the line end, and before the text what a list or a comment has there."""
    body = raw.rstrip("\r\n")
    end = raw[len(body) :] or "\n"
    lead = body[: body.index("#")] if prefix and "#" in body else "" if prefix else body[: len(body) - len(line.text)]
    added = [(each.before, f"{lead}{prefix}{each.text}".rstrip() + end) for each in edits if isinstance(each, Add)]
    before = [text for first, text in added if first]
    behind = [text for first, text in added if not first]
    if any(isinstance(each, Remove) for each in edits):
        return "".join(before + behind)
    replaced = [each for each in edits if isinstance(each, Replace)]
    if replaced:
        body = f"{lead}{prefix}{_replaced(line.text, replaced)}".rstrip()
    return "".join([*before, body + end, *behind])


def _replaced(text: str, edits: Sequence[Replace]) -> str:
    """What follows stays in its column where there is room."""
    for each in sorted(dict.fromkeys(edits), key=lambda each: each.start, reverse=True):
        rest = text[each.end :]
        words = rest.lstrip(" ")
        room = len(rest) - len(words)
        if words and room > 1:
            rest = " " * max(1, room - len(each.text) + each.end - each.start) + words
        text = text[: each.start] + each.text + rest
    return text


def _with_ends(text: str) -> list[str]:
    lines, at = [], 0
    for end in LINE_END.finditer(text):
        lines.append(text[at : end.end()])
        at = end.end()
    return [*lines, text[at:]]
