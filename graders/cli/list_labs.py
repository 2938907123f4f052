"""`labs list`: which labs there are, and which are begun."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from graders.lab import all_labs


def list_labs() -> None:
    """Every lab, and whether you have begun it."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("lab", "title", "points", "your work"):
        table.add_column(heading, justify="right" if heading == "points" else "left")
    for lab in all_labs():
        begun = "begun" if lab.submission.exists() else f"labs start {lab.name}"
        table.add_row(lab.name, lab.title, str(lab.points), begun)
    Console().print(table)
