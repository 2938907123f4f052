"""The `labs` command. To be graded there is one way, `pytest labs/NAME`; what is here only leads to it."""

from __future__ import annotations

import sys

import typer

from graders.cli import (
    cluster,
    doctor,
    explain,
    grade,
    hint,
    list_labs,
    merge,
    new,
    replay,
    report,
    shell,
    start,
    watch,
)
from graders.clusters import NoCluster
from graders.session import EXIT_ERROR, EXIT_INVALID
from graders.submission import InvalidSubmission
from graders.verdict import GraderError
from pocketkube.cluster import ClusterFailed
from pocketkube.failure import CannotRun

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.command("list")(list_labs.list_labs)
app.command("start")(start.start)
app.command("watch", context_settings=PASSED_ON)(watch.watch)
app.command("hint")(hint.hint)
app.command("shell")(shell.shell)
app.command("grade")(grade.grade)
app.command("report")(report.report)
app.command("merge")(merge.merge)
app.command("explain")(explain.explain)
app.command("replay")(replay.replay)
app.command("doctor")(doctor.doctor)
app.command("new")(new.new)
app.add_typer(cluster.app, name="cluster", help="The embedded cluster: up, down, status.")


def main() -> None:
    """Every failure is one sentence; whose it is, the exit status says."""
    try:
        app()
    except InvalidSubmission as error:
        print(f"invalid submission: {error}", file=sys.stderr)
        sys.exit(EXIT_INVALID)
    except (GraderError, NoCluster, CannotRun, ClusterFailed) as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_ERROR)
