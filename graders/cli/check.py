"""`labs check [NAME…]`: is the course itself right?"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
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
from graders.course.tutorials import tutorials
from graders.lab import Lab
from graders.lab import names as all_names
from graders.submission import printable

AT_ONCE = 2  # labs


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
    parts = [part for part in Part if not only or part in only]
    console = Console(highlight=False)
    began = time.monotonic()
    with _bar(console) as bar:
        if pair:
            compare(labs, pair, workers, console, bar, change_dns=change_dns)
            return
        with chosen_cluster(for_pytest(cluster, kubeconfig, context, change_dns=change_dns)) as running:
            console.print(f"cluster: {running.name} ({running.why})")
            found = _defects(labs, parts, running, workers, bar, texts=[] if names else tutorials())
    _summarise(console, found, f"{len(labs)} lab{'s' if len(labs) > 1 else ''}", time.monotonic() - began)
    if found:
        raise typer.Exit(1)


def _defects(
    labs: Sequence[Lab],
    parts: Sequence[Part],
    cluster: RunningCluster,
    workers: int,
    bar: Progress,
    *,
    texts: Sequence[Path],
) -> list[Defect]:
    """Side by side, as long as each lab has embedded clusters of its own: what one waits for, another uses."""
    at_once = AT_ONCE if cluster.embedded else 1
    ended = Event()
    with ThreadPoolExecutor(at_once) as pool:
        found = [
            pool.submit(_of_lab, bar, ended, LabCheck(lab, parts, cluster.for_thread(), workers, at_once))
            for lab in labs
        ]
        found += [pool.submit(_of_text, bar, path, cluster.for_thread()) for path in texts if Part.TEXT in parts]
        try:
            return [defect for each in found for defect in each.result()]
        finally:
            ended.set()
            pool.shutdown(cancel_futures=True)


def _of_lab(bar: Progress, ended: Event, checking: LabCheck) -> list[Defect]:
    """Until `ended` is set."""

    def tell(done: int, of: int) -> None:
        if ended.is_set():
            raise KeyboardInterrupt
        bar.update(task, completed=done, total=of)

    found: list[Defect] = []
    for part in checking.parts:
        task = bar.add_task(f"{checking.lab.name}: {part}", total=None)
        found += _told(bar, checking.lab.name, part, checking.defects(part, tell))
        bar.remove_task(task)
    return found


def _of_text(bar: Progress, path: Path, cluster: RunningCluster) -> list[Defect]:
    return _told(bar, str(path), Part.TEXT, verify(path, cluster))


def _told(bar: Progress, what: str, part: Part, defects: list[Defect]) -> list[Defect]:
    sign = f"[red]{len(defects)} wrong[/]" if defects else "[green]right[/]"
    lines = [f"{what:14} {part:9} {sign}", *(f"  {escape(printable(str(defect)))}" for defect in defects)]
    bar.console.print("\n".join(lines), soft_wrap=True)
    return defects


def _bar(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def _summarise(console: Console, found: list[Defect], labs: str, seconds: float) -> None:
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for defect in found:
            print(annotation(defect))
    if not_run():
        console.print(f"[yellow]{escape(not_run())}[/]", soft_wrap=True)
    console.print(f"{labs}, {len(found)} defect{'s' if len(found) != 1 else ''}, {seconds:.0f} s")
