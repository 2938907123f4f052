"""A course's labs and texts checked side by side, and what came of it told on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from graders.cli.bar import bar as made_bar
from graders.cli.chosen_cluster import chosen_cluster
from graders.clusters import RunningCluster
from graders.course.annotation import as_annotations
from graders.course.check import LabCheck
from graders.course.complete import not_run
from graders.course.defect import Defect
from graders.course.document import verify
from graders.course.part import Part
from graders.lab import Lab
from graders.submission import printable

AT_ONCE = 3  # labs


def check_course(
    labs: Sequence[Lab], texts: Sequence[Path], parts: Sequence[Part], workers: int, options: Sequence[str]
) -> None:
    """`options`: which cluster, as words of pytest's command line. Exit status 1 where anything is wrong."""
    console = Console(highlight=False)
    began = time.monotonic()
    with made_bar(console) as bar, chosen_cluster(options) as running:
        console.print(f"cluster: {running.name} ({running.why})")
        found = _defects(labs, texts, parts, running, workers, bar)
    _summarise(console, found, f"{len(labs)} lab{'s' if len(labs) > 1 else ''}", time.monotonic() - began)
    if found:
        raise typer.Exit(1)


def _defects(
    labs: Sequence[Lab],
    texts: Sequence[Path],
    parts: Sequence[Part],
    cluster: RunningCluster,
    workers: int,
    bar: Progress,
) -> list[Defect]:
    """Side by side, as long as each lab has embedded clusters of its own: what one waits for, another uses.

    The labs with most to grade come first: at the end none is left alone with most of its work.
    """
    at_once = min(AT_ONCE, workers or AT_ONCE) if cluster.embedded else 1
    ended = Event()
    with ThreadPoolExecutor(at_once) as pool:
        found = [
            pool.submit(_of_lab, bar, ended, lab, parts, cluster, workers, at_once)
            for lab in sorted(labs, key=_size, reverse=True)
        ]
        found += [pool.submit(_of_text, bar, path, cluster) for path in texts if Part.TEXT in parts]
        try:
            return [defect for each in found for defect in each.result()]
        finally:
            ended.set()
            pool.shutdown(cancel_futures=True)


def _size(lab: Lab) -> int:
    """The longer its solution, the more mutants it has."""
    return sum(file.stat().st_size for file in (lab.directory / "solution").rglob("*") if file.is_file())


def _of_lab(
    bar: Progress,
    ended: Event,
    lab: Lab,
    parts: Sequence[Part],
    cluster: RunningCluster,
    workers: int,
    at_once: int,
) -> list[Defect]:
    """Until `ended` is set."""

    def tell(done: int, of: int) -> None:
        if ended.is_set():
            raise KeyboardInterrupt
        bar.update(task, completed=done, total=of)

    found: list[Defect] = []
    with cluster.for_thread() as own:
        checking = LabCheck(lab, parts, own, workers, at_once)
        for part in parts:
            task = bar.add_task(f"{lab.name}: {part}", total=None)
            found += _told(bar, lab.name, part, checking.defects(part, tell))
            bar.remove_task(task)
    return found


def _of_text(bar: Progress, path: Path, cluster: RunningCluster) -> list[Defect]:
    with cluster.for_thread() as own:
        return _told(bar, str(path), Part.TEXT, verify(path, own))


def _told(bar: Progress, what: str, part: Part, defects: list[Defect]) -> list[Defect]:
    sign = f"[red]{len(defects)} wrong[/]" if defects else "[green]right[/]"
    lines = [f"{what:14} {part:9} {sign}", *(f"  {escape(printable(str(defect)))}" for defect in defects)]
    bar.console.print("\n".join(lines), soft_wrap=True)
    return defects


def _summarise(console: Console, found: list[Defect], labs: str, seconds: float) -> None:
    for line in as_annotations(found):
        print(line)
    if not_run():
        console.print(f"[yellow]{escape(not_run())}[/]", soft_wrap=True)
    console.print(f"{labs}, {len(found)} defect{'s' if len(found) != 1 else ''}, {seconds:.0f} s")
