"""`labs list`: which labs there are, and which are begun."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graders.lab import ROOT, load, names
from graders.verdict import GraderError


def list_labs() -> None:
    """Every lab, and whether you have begun it; of one that cannot be read, why."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("lab", "title", "points", "your work"):
        table.add_column(heading, justify="right" if heading == "points" else "left")
    for name in names():
        try:
            lab = load(ROOT / name)
        except GraderError as error:
            table.add_row(name, f"[red]{escape(str(error))}[/]", "", "")
            continue
        begun = "begun" if lab.submission.exists() else f"labs start {lab.name}"
        table.add_row(lab.name, escape(lab.title), str(lab.points), begun)
    Console().print(table)
