"""The object is put into another namespace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graders.course.mutants.fields import mapping
from graders.course.mutants.mutant import Edit, set_to
from graders.submission import Document


def edits(document: Document, others: Sequence[str]) -> Iterator[Edit]:
    """`others`: of the lab, beside its own."""
    for other in ("default", *others) if mapping(document.content, "metadata") else ():
        yield set_to("namespace", document.content, ("metadata", "namespace"), other)
