"""`labs watch NAME`: grade on every save, on a cluster that stays warm."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import typer
import watchfiles

from graders import interrupt, submission
from graders.admit import admit
from graders.cli.choose import lab_named
from graders.cli.start import refuse_what_is_no_directory
from graders.cli.warm import warm_cluster
from graders.lab import ROOT, Lab
from pocketkube.cluster import CONTEXT

SETTLED_MS = 30  # an editor's several writes are one save
LOOK_MS = 100


def watch(context: typer.Context, name: Annotated[str, typer.Argument(help="The lab, as in `labs list`.")]) -> None:
    """Grade your work at every save, until Ctrl-C. Further options go to pytest."""
    lab = lab_named(name)
    refuse_what_is_no_directory(lab)
    if not lab.submission.is_dir():
        typer.echo(f"There is nothing to watch yet. Begin: labs start {lab.name}", err=True)
        raise typer.Exit(1)
    interrupt.clear_up_when_told_to_end()
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        options = list(context.args)
        if not any(option.startswith("--cluster") for option in options):
            kubeconfig = stack.enter_context(warm_cluster()).kubeconfig
            options += ["--cluster", "existing", "--kubeconfig", str(kubeconfig), "--context", CONTEXT, "--change-dns"]
        changes = watchfiles.watch(
            lab.directory,  # and not the submission itself: it may be moved away, and come back
            watch_filter=_changes_of(lab.submission.absolute()),
            step=SETTLED_MS,
            debounce=SETTLED_MS * 10,
            rust_timeout=LOOK_MS,
            yield_on_timeout=True,
        )
        next(changes)  # it watches before the first grading begins: a save meanwhile is not lost
        _grade(lab, options)
        for saved in changes:
            if saved:
                _grade(lab, options)


def _changes_of(directory: Path) -> Callable[[watchfiles.Change, str], bool]:
    """Those of manifests in it. A directory that comes or goes brings or takes manifests, of which nothing is told."""

    def concerns(_change: watchfiles.Change, path: str) -> bool:
        changed = Path(path).absolute()
        if changed == directory:
            return True
        is_manifest = changed.suffix in submission.SUFFIXES
        return changed.is_relative_to(directory) and (is_manifest or changed.is_dir())

    return concerns


def _grade(lab: Lab, options: list[str]) -> None:
    """What is wrong with the text is said at once; the rest is pytest's."""
    typer.echo(f"\n{'─' * 60}")
    try:
        admit(lab, lab.submission)
    except submission.InvalidSubmission as error:
        typer.secho(f"invalid submission: {error}", fg="red")
    except OSError as error:  # the next save may be readable
        typer.secho(f"{error.filename}: {error.strerror}", fg="red")
    else:
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", f"labs/{lab.name}", *options]
        interrupt.run(command, ROOT.parent)
    typer.echo("Waiting for the next save. Ctrl-C ends.")
