"""Nothing, written in one of the many ways that do not mean it."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.fields import walk
from graders.course.mutants.mutant import Edit, set_to
from graders.submission import Document

NONE = "None"  # the one word that says that a Service has no cluster IP
OTHERWISE = ("nil", "null", "", None)  # `none` is a matter of capitals


def edits(document: Document) -> Iterator[Edit]:
    for path, value in walk(document.content):
        if value == NONE:
            for nothing in OTHERWISE:
                yield set_to("nothing", document.content, path, nothing)
        elif isinstance(value, str):
            yield set_to("empty", document.content, path, "")
