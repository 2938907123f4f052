"""The starter leaves something to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from graders.course.complete.lab_files import LabFiles
from graders.course.defect import Defect
from graders.submission import Document


def defects(files: LabFiles) -> Iterator[Defect]:
    """Objects are compared, so that comments, quotes and the order of keys make no difference."""
    starter, solution = files.objects.get("starter"), files.objects.get("solution")
    if starter and solution and _by_name(starter) == _by_name(solution):
        what = "the starter has the objects of the solution: nothing is left to do. Take out what the task asks for."
        yield Defect(Path(starter[0].file), starter[0].line, what)


def _by_name(documents: list[Document]) -> list[object]:
    ordered = sorted(documents, key=lambda each: (str(each.content["kind"]), each.name))
    return [each.content for each in ordered]
