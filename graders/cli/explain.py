"""`labs explain GRADES STUDENT`: what was run, seen and decided, for an appeal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graders.cli.gradebook import opened, student_of
from graders.reports.terminal import COLOURS, details
from graders.result import Result
from graders.submission import printable


def explain(
    grades: Annotated[Path, typer.Argument(help="The gradebook that `labs grade` made.")],
    student: Annotated[str, typer.Argument(help="An id, which is a folder in students/, or a name.")],
) -> None:
    """Print a verdict with everything that led to it."""
    book = opened(grades)
    chosen = student_of(book, student)
    result = book.result(chosen) or book.unconfirmed(chosen)
    if result is None:
        raise typer.BadParameter(f"{chosen} is not graded yet. Go on with: labs grade")
    console = Console(highlight=False)
    console.print(_facts(result, book.bytes_of(result)))
    if result.problem:
        console.print(escape(printable(result.problem)), soft_wrap=True)
    for check in result.checks:
        won = check.points if check.outcome == "passed" else 0
        console.print(f"\n[bold]{escape(printable(check.title))}[/]")
        console.print(f"[{COLOURS[check.outcome]}]{check.outcome}[/], {won} of {check.points} points")
        console.print(escape(details(check)), soft_wrap=True)
    console.print(f"\nTo have it graded again: labs replay {escape(str(grades))} {chosen}", soft_wrap=True)


def _facts(result: Result, stored: Path) -> Table:
    score = f"{result.score.points}/{result.score.of}" if result.score else "no score"
    repeated = f"repeated alone; the first try: {printable(result.first_try)}" if result.first_try else ""
    rows = [
        ("student", f"{printable(result.student.name)} ({result.student.id})"),
        ("lab", f"{result.lab.name}: {result.lab.title}"),
        ("verdict", f"{result.status}, {score}"),
        ("graded", f"{result.began}, in {result.seconds:.1f} s"),
        ("tries", f"{result.tries} {repeated}".strip()),
        ("limits", "; ".join(result.limits)),
        ("handed in", f"{stored}, SHA-256 {result.key.submission}"),
        ("with", ", ".join(f"{name} {version}" for name, version in result.versions.items())),
    ]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name, text in rows:
        if text:
            table.add_row(name, escape(text))
    return table
