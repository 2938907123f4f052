"""`labs start NAME`: a copy of the starter to work on."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from graders.cli.choose import lab_named


def start(name: Annotated[str, typer.Argument(help="The lab, as in `labs list`.")]) -> None:
    """Copy the lab's starter to labs/NAME/submission/, never over work that is there."""
    lab = lab_named(name)
    if lab.submission.exists():
        typer.echo(
            f"{lab.submission} is there already and stays as it is. Work on it, or move it away first.", err=True
        )
        raise typer.Exit(1)
    shutil.copytree(lab.directory / "starter", lab.submission)
    typer.echo(f"The task:   {lab.directory}/README.md")
    typer.echo(f"Your work:  {lab.submission}/")
    typer.echo(f"Graded by:  pytest labs/{lab.name}, or on every save by: labs watch {lab.name}")
