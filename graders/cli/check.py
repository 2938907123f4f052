"""`labs check [NAME…]`: is the course itself right?"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from graders import interrupt
from graders.cli.choose import lab_named
from graders.cli.chosen_cluster import chosen_cluster
from graders.cli.cluster_options import ClusterOption, ContextOption, DnsOption, KubeconfigOption
from graders.cli.compare import compare
from graders.clusters import RunningCluster
from graders.clusters.choose import for_pytest
from graders.course.annotation import annotation
from graders.course.check import LabCheck, Part
from graders.course.complete import not_run
from graders.course.defect import Defect
from graders.course.document import verify
from graders.course.release.course_itself import refuse_students_copy
from graders.course.trials import Progress as Told
from graders.course.tutorials import tutorials
from graders.lab import names as all_names
from graders.submission import printable


def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Labs; without any, all.")] = None,
    only: Annotated[list[Part] | None, typer.Option(help="Only this part; may be given again for another.")] = None,
    pair: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--compare", metavar="A B", help="Only say where two clusters differ: pocket, kind, FILE@CONTEXT."
        ),
    ] = None,
    workers: Annotated[int, typer.Option("-n", min=0, help="Gradings side by side; 0: as many as suit.")] = 0,
    cluster: ClusterOption = "auto",
    kubeconfig: KubeconfigOption = "",
    context: ContextOption = "",
    change_dns: DnsOption = False,
) -> None:
    """Say whether the course is complete, true, sharp, and what its texts show; exit status 1 when it is not."""
    refuse_students_copy()
    interrupt.clear_up_when_told_to_end()
    labs = [lab_named(name) for name in dict.fromkeys(names or all_names())]
    console = Console(highlight=False)
    began = time.monotonic()
    found: list[Defect] = []
    with _bar(console) as bar:
        if pair:
            compare(labs, pair, workers, console, bar, change_dns=change_dns)
            return
        with chosen_cluster(for_pytest(cluster, kubeconfig, context, change_dns=change_dns)) as running:
            console.print(f"cluster: {running.name} ({running.why})")
            for lab in labs:
                checking = LabCheck(lab, running, workers)
                for part in only or Part:
                    found += _told(bar, lab.name, part, partial(checking.defects, part))
            for path in tutorials() if not names and (not only or Part.TEXT in only) else ():
                found += _told(bar, str(path), Part.TEXT, partial(_verified, path, running))
    _summarise(console, found, f"{len(labs)} lab{'s' if len(labs) > 1 else ''}", time.monotonic() - began)
    if found:
        raise typer.Exit(1)


def _verified(path: Path, cluster: RunningCluster, _: Told) -> list[Defect]:
    return verify(path, cluster)


def _bar(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def _told(bar: Progress, what: str, part: Part, finding: Callable[[Told], list[Defect]]) -> list[Defect]:
    """Find defects, and tell what came of it."""
    task = bar.add_task(f"{what}: {part}", total=None)
    began = time.monotonic()
    defects = finding(lambda done, of: bar.update(task, completed=done, total=of))
    bar.remove_task(task)
    sign = f"[red]{len(defects)} wrong[/]" if defects else "[green]right[/]"
    bar.console.print(f"{what:14} {part:9} {sign} [dim]{time.monotonic() - began:.1f} s[/]", soft_wrap=True)
    for defect in defects:
        bar.console.print(f"  {escape(printable(str(defect)))}", soft_wrap=True)
    return defects


def _summarise(console: Console, found: list[Defect], labs: str, seconds: float) -> None:
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for defect in found:
            print(annotation(defect))
    if not_run():
        console.print(f"[yellow]{escape(not_run())}[/]", soft_wrap=True)
    console.print(f"{labs}, {len(found)} defect{'s' if len(found) != 1 else ''}, {seconds:.0f} s")
