"""Students have a copy of the course without solutions: what is about solutions is said to be for the course itself."""

from __future__ import annotations

from graders.lab import ROOT, names
from graders.verdict import GraderError


def refuse_students_copy() -> None:
    """GraderError where none of the labs has a solution."""
    labs = names()
    if labs and not any((ROOT / name / "solution").exists() for name in labs):
        raise GraderError("This is a students' copy of the course, without solutions. Do this in the course itself.")
