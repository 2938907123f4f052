"""`labs release DIR`: the students' copy of the course."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from graders.lab import ROOT
from graders.submission import printable


def release(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to: it is missing, or empty.")],
) -> None:
    """Write the students' copy: no solutions, no mistakes, no hidden checks; with CI of its own that grades."""
    from graders.course.release import release as write  # noqa: PLC0415 - other commands need none of it

    shown = printable(str(directory))
    where = directory.absolute()
    if why := _refused(where):
        raise typer.BadParameter(f"{shown} {why}")
    write(where)
    typer.echo(f"{shown} is there. Look through it, then make it a repository: git init {shown}")


def _refused(directory: Path) -> str:
    """Why nothing can be written there; "" when it can."""
    if directory.resolve().is_relative_to(ROOT.parent.resolve()):
        return "is inside the course. Name a directory outside of it."
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        return f"is a {'link' if directory.is_symlink() else 'file'}. Name a directory that is not there yet."
    if directory.is_dir() and os.listdir(directory):  # noqa: PTH208 - all that matters is whether there is any
        return "is there already and is not empty. Name another, or move it away first."
    if not directory.parent.is_dir():
        return f"cannot be made: {printable(str(directory.parent))} is no directory. Make that first."
    return ""
