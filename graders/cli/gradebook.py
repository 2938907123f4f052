"""The gradebook, and the student in it, that the command line means."""

from __future__ import annotations

from pathlib import Path

import typer

from graders.gradebook.book import STUDENTS, Gradebook
from graders.submission import printable


def opened(directory: Path) -> Gradebook:
    """A usage error where there is none."""
    book = Gradebook(directory.resolve())
    if not (book.directory / STUDENTS).is_dir():
        raise typer.BadParameter(f"{printable(str(directory))} is no gradebook: it has no students/. Name one's --out.")
    return book


def student_of(book: Gradebook, name: str) -> str:
    """The id that an id or a name means; a usage error that lists those near, else."""
    ids = book.ids()
    if name in ids:
        return name
    named = [each for each in ids if book.intake(each).student.name == name]
    if len(named) == 1:
        return named[0]
    found = [each for each in ids if name.lower() in each.lower()] or ids
    shown = ", ".join(found[:5])
    raise typer.BadParameter(f"there is no student {printable(name)!r}. Ids are the folders in students/: {shown}, ...")
