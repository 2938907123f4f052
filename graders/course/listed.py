"""Where lab.yaml lists the mutants that it says are equivalent."""

from __future__ import annotations

from graders import manifest
from graders.course.defect import Defect
from graders.lab import Lab


def at_listed(lab: Lab, name: str, what: str) -> Defect:
    """A defect at the line of a key of `equivalent`."""
    path = lab.directory / "lab.yaml"
    documents = manifest.documents(str(path), path.read_text(encoding="utf-8"), manifest.Room())
    _, lines = next(documents)
    return Defect(path, lines.get(("equivalent", name), 1), what)
