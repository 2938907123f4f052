"""Several gradebooks into one: the parts of a class that were graded on several machines."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from graders.gradebook.book import STUDENTS, Gradebook
from graders.verdict import GraderError


def merge(book: Gradebook, parts: Sequence[Gradebook]) -> int:
    """Copy each student's folder; returns how many there are. GraderError, and no copy, where two verdicts differ."""
    labs = {result.lab.name for part in (book, *parts) for result in part.results()}
    if len(labs) > 1:
        raise GraderError(f"the parts are of several labs: {', '.join(sorted(labs))}. Merge those of one.")
    chosen: dict[str, Gradebook] = dict.fromkeys(book.ids(), book)
    for part in parts:
        for student in part.ids():
            other = chosen.setdefault(student, part)
            ours, theirs = other.result(student), part.result(student)
            if ours and theirs and ours != theirs:
                what = f"{student} has a verdict in {other.directory} and another one in {part.directory}."
                raise GraderError(
                    f"{what} Keep the one that counts: remove the folder students/{student} of the other."
                )
            if theirs and not ours and other is not book:
                chosen[student] = part
    for student, part in chosen.items():
        if part is not book:
            _copy(part.folder(student), book.folder(student))
    return len(chosen)


def _copy(source: Path, target: Path) -> None:
    """As a whole or not at all."""
    students = target.parent
    students.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=students, prefix=".") as half:
        copied = Path(half, STUDENTS)
        shutil.copytree(source, copied)
        copied.rename(target)
