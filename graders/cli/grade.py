"""`labs grade LAB SUBMISSIONS --out GRADES`: grade a class; started again, it goes on where it ended."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TextIO, TypeVar

import typer
from rich.console import Console

from graders import clock
from graders import roster as rosters
from graders.cli.choose import lab_named
from graders.cli.cluster_options import ClusterOption, ContextOption, DnsOption, KubeconfigOption
from graders.cli.progress import Progress
from graders.clusters.choose import for_pytest, resolved
from graders.gradebook import shard as shards
from graders.gradebook.book import STUDENTS, Gradebook
from graders.gradebook.lock import locked
from graders.gradebook.publish import ALWAYS, ROSTER, keep_roster, publish
from graders.gradebook.pytest_run import LOG as ERRORS
from graders.gradebook.pytest_run import Begun, graded
from graders.gradebook.take_in import take_in
from graders.gradebook.workers import allowed
from graders.intake.students import find
from graders.result import Result, Status
from graders.session import EXIT_ERROR
from graders.submission import printable
from graders.verdict import GraderError, Outcome

Value = TypeVar("Value")
LOG = "log"  # one line for each submission that ended


class Only(StrEnum):
    """Whom to grade anew, by the verdict that there is."""

    FAILED = "failed"
    INVALID = "invalid"
    ERROR = "error"


def grade(
    lab: Annotated[str, typer.Argument(help="The lab, as in `labs list`.")],
    submissions: Annotated[Path, typer.Argument(help="A folder with a folder, an archive or a YAML file a student.")],
    out: Annotated[Path, typer.Option(help="The gradebook: where verdicts and reports are kept.")],
    workers: Annotated[
        int, typer.Option("-n", min=0, help="Submissions side by side; 0: as many as suit this machine.")
    ] = 0,
    roster: Annotated[Path | None, typer.Option(help="Who is enrolled: a CSV of Canvas, Moodle, or your own.")] = None,
    regrade: Annotated[list[str] | None, typer.Option(metavar="ID", help="Only these students, and anew.")] = None,
    only: Annotated[
        Only | None,
        typer.Option(case_sensitive=False, help="Only students with such a verdict, or with none, and anew."),
    ] = None,
    shard: Annotated[str, typer.Option(metavar="I/N", help="Only part I of N; /N in a Pod of an Indexed Job.")] = "",
    cluster: ClusterOption = "auto",
    kubeconfig: KubeconfigOption = "",
    context: ContextOption = "",
    change_dns: DnsOption = False,
) -> None:
    """Grade every submission of a class, each once; what is graded already stays."""
    chosen, console = lab_named(lab), Console()
    if out.resolve().is_relative_to(submissions.resolve()):
        raise typer.BadParameter("--out is in the folder of the submissions, and would be taken for one. Name another.")
    handed_in = _usage(lambda: find(submissions))
    if shard:
        handed_in = _shard(shard).of(handed_in)
    if roster:
        _usage(lambda: rosters.read(roster))
    book = Gradebook(out.resolve())
    wanted = _wanted(book, [each.student.id for each in handed_in], regrade or [], only)
    _usage(lambda: (book.directory / STUDENTS).mkdir(parents=True, exist_ok=True))
    kind, why = resolved(cluster)
    options = for_pytest(kind, kubeconfig, context, change_dns=change_dns)
    side_by_side, fewer = allowed(chosen, workers, shared=kind != "pocket")
    console.print(f"cluster: {kind} ({why}); {side_by_side} side by side. {fewer}", highlight=False)
    with locked(book.directory) as held:
        book.require_lab(chosen.name)
        if roster:
            keep_roster(book, roster)
        for student in wanted if regrade or only else ():
            book.set_aside(student)
        with Progress(console) as progress, (book.directory / LOG).open("a", encoding="utf-8") as log:
            taken = [take_in(chosen, book, each) for each in handed_in if each.student.id in wanted]
            refused = [result for result in taken if result]
            progress.expect(len(refused))
            for result in refused:
                _log(log, progress.show(result, again=False))
            for event in graded(chosen, book, wanted, options, side_by_side, held):
                if isinstance(event, Begun):
                    progress.expect(event.count)
                    continue
                ended = book.unconfirmed(event.student) if event.again else book.result(event.student)
                assert ended
                _log(log, progress.show(ended, again=event.again))
        written = publish(book, ALWAYS)
    _summarise(console, book, wanted, written)


def _usage(step: Callable[[], Value]) -> Value:
    """What is wrong with what the command line names is a usage error: nothing was done."""
    try:
        return step()
    except (GraderError, OSError) as error:
        raise typer.BadParameter(printable(str(error))) from error


def _wanted(book: Gradebook, students: list[str], regrade: list[str], only: Only | None) -> list[str]:
    unknown = sorted(set(regrade) - set(students))
    if unknown:
        raise typer.BadParameter(f"nobody of the id {unknown[0]!r} handed in. Ids are the folders in students/.")
    if regrade:
        return list(dict.fromkeys(regrade))
    return [student for student in students if only is None or _is(book.result(student), only)]


def _is(result: Result | None, only: Only) -> bool:
    if result is None:
        return True  # such a grading that was interrupted has set it aside
    if only is Only.FAILED:
        return any(check.outcome is not Outcome.PASSED for check in result.checks)
    return result.status == only.value


def _shard(text: str) -> shards.Shard:
    try:
        return shards.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _log(log: TextIO, line: str) -> None:
    print(f"{clock.now()} {line}", file=log, flush=True)


def _summarise(console: Console, book: Gradebook, wanted: list[str], written: list[Path]) -> None:
    results = book.results()
    errors = [result for result in results if result.status is Status.ERROR]
    invalid = sum(result.status is Status.INVALID for result in results)
    graded_well = len(results) - invalid - len(errors)
    console.print(f"{graded_well} graded, {invalid} invalid, {len(errors)} with an error of ours.", highlight=False)
    kept = book.directory / ROSTER
    if kept.exists():
        missing = len(rosters.match(rosters.read(kept), results).missing)
        console.print(f"{missing} of the roster handed in nothing.", highlight=False)
    for path in written:
        console.print(f"  {path}", highlight=False, soft_wrap=True)
    if errors:
        console.print(f"Errors are no verdicts. Again: --only error; what happened: labs explain {book.directory} ID")
    graded_at_last = {result.student.id for result in results}
    lost = [student for student in wanted if student not in graded_at_last]
    if lost:
        console.print(
            f"{len(lost)} without a verdict, {lost[0]} first: {book.directory / ERRORS} may tell why. Start again."
        )
    if errors or lost:
        raise typer.Exit(EXIT_ERROR)
