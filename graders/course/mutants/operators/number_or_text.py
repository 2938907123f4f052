"""A text for a number, and a number for a text."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.fields import at, is_word, walk
from graders.course.mutants.mutant import Edit, set_to
from graders.submission import Document

A_NUMBER = 1  # what a label that says a version says


def edits(document: Document) -> Iterator[Edit]:
    content = document.content
    for path, value in walk(content):
        if isinstance(value, int) and not isinstance(value, bool):
            yield set_to("text-for-number", content, path, str(value))
        if not isinstance(value, str):
            continue
        if value.isascii() and value.isdigit():
            yield set_to("number-for-text", content, path, int(value))
        elif is_word(content, path):
            yield set_to("number-for-text", content, path, A_NUMBER)
        elif path[-1] == "name" and "ports" in path:
            port = at(content, (*path[:-1], "port")) or at(content, (*path[:-1], "containerPort"))
            yield set_to("number-for-text", content, path, port if isinstance(port, int) else A_NUMBER)
