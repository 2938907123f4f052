"""Texts carried out, and what came of it told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from graders.cli.chosen_cluster import chosen_cluster
from graders.clusters import RunningCluster
from graders.course.annotation import as_annotations
from graders.course.defect import Defect
from graders.course.document import verified
from graders.course.document.edit import edited
from graders.course.document.source import text_of
from graders.submission import printable


def verify_texts(files: Sequence[Path], options: Sequence[str], *, fix: bool) -> None:
    """`options`: which cluster, as words of pytest's command line. Exit status 1 where a text differs."""
    found: list[Defect] = []
    with chosen_cluster(options) as chosen:
        for file in files:
            found += _verify(file, chosen, fix=fix)
    if found:
        raise typer.Exit(1)


def _verify(file: Path, cluster: RunningCluster, *, fix: bool) -> list[Defect]:
    """Tell what came of it; what could be mended is not among the defects."""
    outcome = verified(file, cluster)
    name = printable(str(file))
    mended = fix and any(outcome.edits.values())
    if mended:
        file.write_bytes(edited(text_of(file), outcome.edits).encode())
        outcome = verified(file, cluster)
        typer.echo(f"{name}: rewritten")
    for line in (*(printable(str(defect)) for defect in outcome.defects), *as_annotations(outcome.defects)):
        typer.echo(line)
    if not outcome.defects:
        typer.echo(f"{name}: right")
    return outcome.defects
