"""`labs replay GRADES STUDENT`: grade the bytes that were kept once more, and say whether the verdict holds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from graders.cli.choose import lab_named
from graders.cli.cluster_options import ClusterOption, ContextOption, DnsOption, KubeconfigOption
from graders.cli.gradebook import opened, student_of
from graders.cli.progress import told
from graders.clusters.choose import for_pytest
from graders.gradebook.book import Gradebook
from graders.gradebook.difference import differences
from graders.gradebook.lock import locked
from graders.gradebook.pytest_run import EndedEarly, graded
from graders.gradebook.take_in import take_in
from graders.intake.students import HandedIn
from graders.verdict import GraderError


def replay(
    grades: Annotated[Path, typer.Argument(help="The gradebook that `labs grade` made.")],
    student: Annotated[str, typer.Argument(help="An id, which is a folder in students/, or a name.")],
    cluster: ClusterOption = "auto",
    kubeconfig: KubeconfigOption = "",
    context: ContextOption = "",
    change_dns: DnsOption = False,
) -> None:
    """Exit status 0 where the verdict holds, 1 where it does not. The gradebook stays as it is."""
    book = opened(grades)
    chosen = student_of(book, student)
    before = book.result(chosen)
    if before is None:
        raise typer.BadParameter(f"{chosen} is not graded yet. Go on with: labs grade")
    lab = lab_named(before.lab.name)
    options = for_pytest(cluster, kubeconfig, context, change_dns=change_dns)
    with tempfile.TemporaryDirectory(prefix="labs-replay-") as directory:
        other = Gradebook(Path(directory))
        with locked(other.directory) as held:
            handed_in = HandedIn(before.student, (book.bytes_of(before),))
            if not take_in(lab, other, handed_in):
                try:
                    for _ in graded(lab, other, [chosen], options, 0, held):
                        pass  # of one there is nothing to show on the way
                except EndedEarly as error:  # and its log is gone with the directory
                    raise GraderError(f"{chosen} could not be graded: {error.why}") from error
        after = other.result(chosen)
        assert after
    typer.echo(f"then: {told(before)}")
    typer.echo(f"now:  {told(after)}")
    lines = differences(before, after)
    for line in lines:
        typer.echo(f"  {line}")
    for what in ("lab", "grader", "cluster"):
        if getattr(before.key, what) != getattr(after.key, what):
            typer.echo(f"The {what} has changed since.")
    typer.echo("The verdict does not hold." if lines else "The verdict holds.")
    if lines:
        raise typer.Exit(1)
