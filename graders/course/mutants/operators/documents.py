"""A whole object is missing, or is there twice."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.mutant import Edit
from graders.submission import Document


def edits(document: Document) -> Iterator[Edit]:
    yield Edit("missing-document", (), "")
    yield Edit("doubled-document", (), "", (document.content, document.content))
