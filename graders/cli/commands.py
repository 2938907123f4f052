"""Every command of `labs`, and how its failures are told."""

from __future__ import annotations

import shutil
import sys

import typer

import graders.cli
from graders.cli import (
    check,
    cluster,
    doctor,
    explain,
    grade,
    hint,
    list_labs,
    merge,
    mutants,
    new,
    release,
    replay,
    report,
    shell,
    start,
    verify_doc,
    watch,
)
from graders.clusters import NoCluster
from graders.session import EXIT_ERROR, EXIT_INVALID
from graders.submission import InvalidSubmission, printable
from graders.verdict import GraderError
from pocketkube.cluster import ClusterFailed
from pocketkube.failure import CannotRun

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=graders.cli.__doc__)
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
app.command("check")(check.check)
app.command("mutants")(mutants.mutants)
app.command("doctor")(doctor.doctor)
app.command("new")(new.new)
app.command("verify-doc")(verify_doc.verify_doc)
app.command("release")(release.release)
app.add_typer(cluster.app, name="cluster", help="The embedded cluster: up, down, status.")


def run() -> None:
    """Every failure is one sentence; whose it is, the exit status says."""
    try:
        app()
    except InvalidSubmission as error:
        print(f"invalid submission: {error}", file=sys.stderr)
        sys.exit(EXIT_INVALID)
    except (GraderError, NoCluster, CannotRun, ClusterFailed) as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_ERROR)
    except OSError as error:
        print(_told(error), file=sys.stderr)
        sys.exit(1)


def _told(error: OSError) -> str:
    if isinstance(error, shutil.Error):  # of copytree: (source, target, why) of each file
        _, target, why = error.args[0][0]
        return f"{printable(str(target))}: {why}"
    return f"{printable(str(error.filename))}: {error.strerror}" if error.filename else str(error)
