"""`labs merge GRADES PART ...`: gradebooks of shards into one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graders.cli.gradebook import opened
from graders.gradebook.book import Gradebook
from graders.gradebook.lock import locked
from graders.gradebook.merge import merge as merged
from graders.gradebook.publish import ALWAYS, ROSTER, keep_roster, publish


def merge(
    grades: Annotated[Path, typer.Argument(help="The gradebook to make, or to add to.")],
    parts: Annotated[list[Path], typer.Argument(help="Gradebooks that `labs grade --shard I/N` made.")],
) -> None:
    """Put every student of the parts into one gradebook, and write its reports."""
    books = [opened(part) for part in parts]
    grades.mkdir(parents=True, exist_ok=True)
    book = Gradebook(grades.resolve())
    with locked(book.directory):
        count = merged(book, books)
        rosters = [part.directory / ROSTER for part in books if (part.directory / ROSTER).exists()]
        if rosters:
            keep_roster(book, rosters[0])
        written = publish(book, ALWAYS)
    typer.echo(f"{count} students of {len(books)} parts.")
    for path in written:
        typer.echo(f"  {path}")
