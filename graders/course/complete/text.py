"""A lab's README.md: its headings, its links, and what stands in it as code, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from graders.course.document.markdown import DIRECTIVE


@dataclass(frozen=True, slots=True)
class Link:
    target: str
    line: int


@dataclass(frozen=True, slots=True)
class Code:
    """A block of code, or a span of it with the prose `before` and `after`; there, "`…`" stands for other spans.

    `line`: of its first line of code. `skipped`: `labs verify-doc` does not run it, and what it shows need not exist.
    """

    text: str
    line: int
    before: str = ""
    after: str = ""
    block: bool = False
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """`headings`: {anchor: line}."""

    headings: dict[str, int] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    code: tuple[Code, ...] = ()


def text_of(path: Path) -> Text:
    """Of a file in CommonMark with GFM's tables."""
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    headings: dict[str, int] = {}
    links: list[Link] = []
    code: list[Code] = []
    skip = False
    for before, token in zip([None, *tokens], tokens, strict=False):
        line = token.map[0] + 1 if token.map else 1
        if token.type == "inline":
            if before and before.type == "heading_open":
                headings[_anchor(_plain(token), headings)] = line
            links += _links(token, line)
            code += _spans(token, line)
        elif token.type == "html_block":
            skip = skip or any(words.startswith("skip") for words in DIRECTIVE.findall(token.content))
        elif token.type in ("fence", "code_block"):
            first = line + 1 if token.type == "fence" else line
            code.append(Code(token.content, first, block=True, skipped=skip))
            skip = False
    return Text(headings, tuple(links), tuple(code))


def anchors(path: Path) -> set[str]:
    return set(text_of(path).headings)


def _anchor(heading: str, taken: dict[str, int]) -> str:
    """As GitHub makes it: lower case, blanks as hyphens, no punctuation; a number where it is taken.

    Source: https://docs.github.com/en/get-started/writing-on-github#section-links
    """
    anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
    number = 0
    while (f"{anchor}-{number}" if number else anchor) in taken:
        number += 1
    return f"{anchor}-{number}" if number else anchor


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))


def _links(inline: Token, line: int) -> Iterator[Link]:
    for child, at in _placed(inline):
        target = child.attrs.get("href") or child.attrs.get("src")
        if target:
            yield Link(str(target), line + at)


def _spans(inline: Token, line: int) -> Iterator[Code]:
    prose = ["`…`" if child.type == "code_inline" else child.content or " " for child in inline.children or ()]
    for number, (child, at) in enumerate(_placed(inline)):
        if child.type == "code_inline":
            yield Code(child.content, line + at, before="".join(prose[:number]), after="".join(prose[number + 1 :]))


def _placed(inline: Token) -> Iterator[tuple[Token, int]]:
    """Each child, and how many lines below the first one it begins."""
    offset = 0
    for child in inline.children or ():
        words = [re.escape(word) for word in child.content.split()]
        found = re.compile(r"\s+".join(words)).search(inline.content, offset) if words else None
        yield child, inline.content.count("\n", 0, found.start() if found else offset)
        if found:
            offset = found.end()
        elif child.type in ("softbreak", "hardbreak"):
            offset = inline.content.find("\n", offset) + 1
