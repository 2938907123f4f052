"""The object has another name than the task asks for."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.mutant import Edit, set_to
from graders.submission import Document


def edits(document: Document) -> Iterator[Edit]:
    """Where it has one."""
    name = document.name
    others = (name[:-1], name.replace("-", "_"), name.replace("-", ""), f"my-{name}")
    for other in dict.fromkeys(others) if name else ():
        yield set_to("name", document.content, ("metadata", "name"), other)
