"""`labs mutants NAME`: do the checks tell every mutant from the solution?"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from graders import interrupt
from graders.cli.choose import lab_named
from graders.cli.chosen_cluster import chosen_cluster
from graders.cli.cluster_options import ClusterOption, ContextOption, DnsOption, KubeconfigOption
from graders.clusters.choose import for_pytest, for_workers
from graders.course import kill_table, sharp
from graders.course.kill_table import INVALID, GradedMutant
from graders.course.mutants import mutants as mutants_of
from graders.course.trials import Trial, verdicts
from graders.gradebook.workers import allowed
from graders.lab import Lab
from graders.result import Result
from graders.submission import printable


def mutants(
    name: Annotated[str, typer.Argument(help="The lab, as in `labs list`.")],
    workers: Annotated[int, typer.Option("-n", min=0, help="Gradings side by side; 0: as many as suit.")] = 0,
    cluster: ClusterOption = "auto",
    kubeconfig: KubeconfigOption = "",
    context: ContextOption = "",
    change_dns: DnsOption = False,
) -> None:
    """Grade the solution with one thing wrong, again and again; exit status 1 where the checks do not notice."""
    interrupt.clear_up_when_told_to_end()
    lab = lab_named(name)
    console = Console(highlight=False)
    made = mutants_of(lab)
    with chosen_cluster(for_pytest(cluster, kubeconfig, context, change_dns=change_dns)) as running:
        console.print(f"cluster: {running.name} ({running.why})")
        options = for_workers(running)
        count = allowed(lab, workers, shared=not running.embedded)[0]
        began = time.monotonic()
        results = _graded(console, lab, sharp.trials(lab, made), options, count)
        rate = len(results) / (time.monotonic() - began)
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
    console: Console, lab: Lab, trials: Sequence[Trial], options: Sequence[str], workers: int
) -> dict[str, Result]:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(f"{lab.name}: mutants", total=len(trials))
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
