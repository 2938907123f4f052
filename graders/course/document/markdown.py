"""A Markdown text as blocks with the lines they stand on.

Source: https://spec.commonmark.org/0.31.2/#fenced-code-blocks
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

LINE_END = re.compile(r"\r\n|\n|\r")  # CommonMark's; str.splitlines() knows more of them
DIRECTIVE = re.compile(r"<!--\s*labs:\s*(.*?)\s*-->", re.DOTALL)


class Unreadable(Exception):
    """Why the text cannot be carried out, and on which line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: `language`, the first word after the fence, and its lines. `line`: that of the opening fence."""

    line: int
    language: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Directive:
    """`<!-- labs: WORDS -->`. `line`: where it begins."""

    line: int
    words: str


def blocks(text: str) -> Iterator[Fence | Directive]:
    """In their order; Unreadable for a fence that is never closed and for a directive within a line of text."""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence":
            yield _fence(token)
        elif token.type == "html_block":
            for found in DIRECTIVE.finditer(token.content):
                yield Directive(_line(token) + token.content.count("\n", 0, found.start()), found[1])
        elif token.type == "inline" and DIRECTIVE.search(token.content):
            raise Unreadable(_line(token), "a directive stands within a line of text. Give it a line of its own.")


def _fence(token: Token) -> Fence:
    lines = tuple(token.content.removesuffix("\n").split("\n")) if token.content else ()
    assert token.map
    begin, end = token.map
    if end - begin - 2 != len(lines):
        raise Unreadable(begin + 1, f"this block is never closed. End it with a line of {token.markup}")
    return Fence(begin + 1, (token.info.split() or [""])[0].lower(), lines)


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1
