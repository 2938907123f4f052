"""`labs report GRADES --format NAME`: any report, later, from the results that are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graders.cli.gradebook import opened
from graders.gradebook.publish import keep_roster, publish
from graders.reports.formats import FORMATS


def report(
    grades: Annotated[Path, typer.Argument(help="The gradebook that `labs grade` made.")],
    formats: Annotated[list[str], typer.Option("--format", help=f"One of {', '.join(FORMATS)}; may be repeated.")],
    roster: Annotated[Path | None, typer.Option(help="Who is enrolled; else the one that was graded with.")] = None,
) -> None:
    """Write reports, and say where they are."""
    for name in formats:
        if name not in FORMATS:
            raise typer.BadParameter(f"there is no format {name!r}, only {', '.join(FORMATS)}.")
    book = opened(grades)
    if roster:
        keep_roster(book, roster)
    for path in publish(book, formats):
        typer.echo(str(path))
