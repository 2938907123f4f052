"""`labs start NAME`: a copy of the starter to work on."""

from __future__ import annotations

import os
import shutil
from typing import Annotated

import typer

from graders.cli.choose import lab_named
from graders.lab import Lab


def start(name: Annotated[str, typer.Argument(help="The lab, as in `labs list`.")]) -> None:
    """Copy the lab's starter to labs/NAME/submission/, never over work that is there."""
    lab = lab_named(name)
    refuse_what_is_no_directory(lab)
    if lab.submission.exists():
        typer.echo(
            f"{lab.submission} is there already and stays as it is. Work on it, or move it away first.", err=True
        )
        raise typer.Exit(1)
    shutil.copytree(lab.directory / "starter", lab.submission)
    typer.echo(f"The task:   {lab.directory}/README.md")
    typer.echo(f"Your work:  {lab.submission}/")
    typer.echo(f"Graded by:  pytest labs/{lab.name}, or on every save by: labs watch {lab.name}")


def refuse_what_is_no_directory(lab: Lab) -> None:
    """Say so and end, where the student's work is a file, or a link to nothing."""
    if os.path.lexists(lab.submission) and not lab.submission.is_dir():
        what = "a file" if lab.submission.exists() else "a link that leads nowhere"
        typer.echo(f"{lab.submission} is {what}, and has to be a directory. Move it away first.", err=True)
        raise typer.Exit(1)
