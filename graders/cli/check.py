"""`labs check [NAME…]`: is the course itself right?"""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from graders.cli.choose import lab_named
from graders.cli.cluster_options import ClusterOption, ContextOption, DnsOption, KubeconfigOption, for_pytest
from graders.clusters.choose import resolved
from graders.course.annotation import annotation
from graders.course.check import LabCheck, Part
from graders.course.defect import Defect
from graders.lab import names as all_names
from graders.submission import printable


def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Labs; without any, all.")] = None,
    only: Annotated[list[Part] | None, typer.Option(help="Only this part; may be given again for another.")] = None,
    workers: Annotated[int, typer.Option("-n", min=0, help="Gradings side by side; 0: as many as suit.")] = 0,
    cluster: ClusterOption = "auto",
    kubeconfig: KubeconfigOption = "",
    context: ContextOption = "",
    change_dns: DnsOption = False,
) -> None:
    """Say whether the course is complete, graded as declared, and true to its text; exit status 1 when it is not."""
    labs = [lab_named(name) for name in dict.fromkeys(names or all_names())]
    console = Console(highlight=False)
    kind, why = resolved(cluster)
    options = for_pytest(kind, kubeconfig, context, change_dns=change_dns)
    console.print(f"cluster: {kind} ({why})")
    began = time.monotonic()
    found: list[Defect] = []
    with _bar(console) as bar:
        for lab in labs:
            checking = LabCheck(lab, options, workers)
            for part in only or Part:
                found += _part(bar, checking, part)
    for defect in found if os.environ.get("GITHUB_ACTIONS") == "true" else ():
        print(annotation(defect))
    labs_checked = f"{len(labs)} lab" + ("s" if len(labs) > 1 else "")
    defects = f"{len(found)} defect" + ("s" if len(found) != 1 else "")
    console.print(f"{labs_checked}, {defects}, {time.monotonic() - began:.0f} s")
    if found:
        raise typer.Exit(1)


def _bar(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def _part(bar: Progress, checking: LabCheck, part: Part) -> list[Defect]:
    """Check it, and tell what came of it."""
    task = bar.add_task(f"{checking.lab.name}: {part}", total=None)
    defects = checking.defects(part, lambda done, of: bar.update(task, completed=done, total=of))
    seconds = bar.tasks[-1].elapsed or 0.0
    bar.remove_task(task)
    sign = f"[red]{len(defects)} wrong[/]" if defects else "[green]right[/]"
    bar.console.print(f"{checking.lab.name:14} {part:9} {sign} [dim]{seconds:.1f} s[/]")
    for defect in defects:
        bar.console.print(f"  {escape(printable(str(defect)))}", soft_wrap=True)
    return defects
