"""A field is left out."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.fields import at, is_word, walk
from graders.course.mutants.mutant import Edit, without
from graders.submission import Document


def edits(document: Document) -> Iterator[Edit]:
    """Also an entry of a list. What is the only one of its kind is left out with what it is in."""
    content = document.content
    for path, _ in walk(content):
        if len(at(content, path[:-1])) > 1 and not is_word(content, path):
            yield without("drop-field", content, path)
