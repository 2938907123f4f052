"""`labs check --compare A B`: do two clusters come to the same verdicts?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from graders.cli.bar import bar as made_bar
from graders.cli.chosen_cluster import chosen_cluster
from graders.clusters import RunningCluster
from graders.clusters.choose import for_pytest, for_workers
from graders.course import truth
from graders.course.compare import compared
from graders.course.trials import verdicts
from graders.gradebook.workers import allowed
from graders.lab import Lab
from graders.observe import Observer
from graders.result import Result
from graders.submission import printable

NAMED = ("pocket", "kind")


def compare(labs: Sequence[Lab], pair: tuple[str, str], workers: int, *, change_dns: bool) -> None:
    """Grade what a course hands in to itself on both, and print every difference; exit status 1 where there is one."""
    sides = [_options(each, change_dns=change_dns) for each in pair]
    console = Console(highlight=False)
    with made_bar(console) as bar, chosen_cluster(sides[0]) as one, chosen_cluster(sides[1]) as other:
        nodes = {name for each in (one, other) for name in Observer(each.api, "default").nodes()}
        found = 0
        for lab in labs:
            left, right = (
                _graded(lab, each, workers, bar, name) for each, name in zip((one, other), pair, strict=True)
            )
            for line in compared(left, right, nodes):
                console.print(f"{lab.name}: {printable(line)}", markup=False, soft_wrap=True)
                found += 1
    console.print(f"{found or 'no'} differences between {pair[0]} and {pair[1]}", markup=False, soft_wrap=True)
    if found:
        raise typer.Exit(1)


def _options(side: str, *, change_dns: bool) -> list[str]:
    """`pocket`, `kind`, or KUBECONFIG@CONTEXT."""
    if side in NAMED:
        return for_pytest(side, "", "", change_dns=False)
    kubeconfig, _, context = side.partition("@")
    if not context:
        raise typer.BadParameter(
            f"--compare wants two of pocket, kind and KUBECONFIG@CONTEXT, not {printable(side)!r}."
        )
    return for_pytest("existing", str(Path(kubeconfig)), context, change_dns=change_dns)


def _graded(lab: Lab, cluster: RunningCluster, workers: int, bar: Progress, name: str) -> dict[str, Result]:
    task = bar.add_task(f"{lab.name}: {name}", total=None)
    options = for_workers(cluster)
    side_by_side, _ = allowed(lab, workers, shared=not cluster.embedded)
    trials = [*truth.trials_before(lab), *truth.trials_after(lab)]
    try:
        return verdicts(lab, trials, options, side_by_side, lambda done, of: bar.update(task, completed=done, total=of))
    finally:
        bar.remove_task(task)
