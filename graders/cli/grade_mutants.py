"""A lab's mutants graded, and the kill table shown."""

from __future__ import annotations

import time
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graders.cli.bar import bar as made_bar
from graders.cli.chosen_cluster import chosen_cluster
from graders.clusters.choose import for_workers
from graders.course import kill_table, sharp, teeth
from graders.course.kill_table import INVALID, GradedMutant
from graders.course.mistake import of_mistakes
from graders.course.mutants import mutants as mutants_of
from graders.course.trials import Trial, verdicts
from graders.gradebook.workers import allowed
from graders.lab import Lab
from graders.result import Result
from graders.submission import printable


def grade_mutants(lab: Lab, workers: int, words: Sequence[str]) -> None:
    """`words`: which cluster, of pytest's command line. Exit status 1 where one survives that is not listed."""
    console = Console(highlight=False)
    made = mutants_of(lab)
    with chosen_cluster(words) as running:
        console.print(f"cluster: {running.name} ({running.why})")
        options = for_workers(running)
        count = allowed(lab, workers, shared=not running.embedded)[0]
        began = time.monotonic()
        results = _graded(console, f"{lab.name}: mutants", lab, sharp.of_mutants(made), options, count)
        rate = len(results) / (time.monotonic() - began)
        if teeth.never_failed(lab, list(results.values())):
            results |= _graded(console, f"{lab.name}: mistakes", lab, of_mistakes(lab), options, count)
        graded = [(mutant, results[mutant.name]) for mutant in made]
        console.print(_table(lab, graded))
        found = list(sharp.defects(lab, made, results, options, running))
    for defect in found:
        console.print(escape(printable(str(defect))), soft_wrap=True)
    alive, listed = len(kill_table.survivors(graded)), len(kill_table.equivalents(lab, graded))
    counts = f"{len(made) - alive} killed, {listed} listed as equivalent, {alive - listed} survived"
    console.print(f"{len(made)} mutants: {counts}; {rate:.1f} a second")
    if found:
        raise typer.Exit(1)


def _graded(
    console: Console, what: str, lab: Lab, trials: Sequence[Trial], options: Sequence[str], workers: int
) -> dict[str, Result]:
    with made_bar(console) as bar:
        task = bar.add_task(what, total=len(trials))
        return verdicts(lab, trials, options, workers, lambda done, of: bar.update(task, completed=done, total=of))


def _table(lab: Lab, graded: Sequence[GradedMutant]) -> Table:
    """Operator by check: how many mutants of the one fail the other. The checks are numbered, and named below."""
    table = Table(box=None, padding=(0, 1), header_style="bold", caption_justify="left", caption_style="dim")
    table.add_column("operator")
    for column in ("made", INVALID, *map(str, range(1, len(lab.checks) + 1))):
        table.add_column(column, justify="right")
    made = [mutant.operator for mutant, _ in graded]
    for operator, row in kill_table.kill_table(graded).items():
        cells = (str(row[column] or "·") for column in (INVALID, *lab.checks))
        table.add_row(operator, str(made.count(operator)), *cells)
    table.caption = "\n".join(f"{number} {escape(printable(name))}" for number, name in enumerate(lab.checks, start=1))
    return table
