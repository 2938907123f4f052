"""`labs hint NAME`: for the first check that failed last time, one step further at each call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from graders.cli.choose import lab_named
from graders.grader_module import written_checks
from graders.lab import ROOT, Lab
from graders.verdict import Outcome

CACHE = ROOT.parent / ".pytest_cache" / "v"
LAST = CACHE / "labs" / "last"  # a file a lab, of its own submission: {check: outcome}
STEPS = CACHE / "labs" / "hints"


def hint(
    name: Annotated[str, typer.Argument(help="The lab, as in `labs list`.")],
    check: Annotated[str, typer.Argument(help="A check, as `pytest -v` names it; else the first that failed.")] = "",
) -> None:
    """A question first, then a pointer, then the answer's shape: one step more at each call."""
    lab = lab_named(name)
    chosen = check.removeprefix("test_") or _first_failed(lab)
    if not chosen:
        typer.echo(f"No check failed last time. Name one for its hints: labs hint {lab.name} CHECK")
        typer.echo(f"The checks: {', '.join(lab.checks)}")
        return
    if chosen not in lab.checks:
        raise typer.BadParameter(f"{lab.name} has no check {chosen!r}, only {', '.join(lab.checks)}.")
    text = lab.checks[chosen]
    steps = _read(STEPS)
    key = f"{lab.name}/{chosen}"
    step = min(int(steps.get(key, 0)) + 1, len(text.hints))
    written = written_checks(lab).get(chosen)
    typer.echo(f"{written.title if written else chosen}\n")
    for number, sentence in enumerate(text.hints[:step], 1):
        typer.echo(f"  {number}. {sentence}")
    more = f"One step more: labs hint {lab.name} {chosen}" if step < len(text.hints) else "That was the last hint."
    typer.echo(f"\n{more}\nRead: {lab.directory}/README.md#{text.section}")
    STEPS.parent.mkdir(parents=True, exist_ok=True)
    STEPS.write_text(json.dumps({**steps, key: step}))


def _first_failed(lab: Lab) -> str:
    """Of the last grading of the student's own work; before there is one, the first check. "" when none failed."""
    last = _read(LAST / lab.name)
    if not last:
        return next(iter(lab.checks))
    return next((name for name in lab.checks if last.get(name) == Outcome.FAILED), "")


def _read(path: Path) -> dict[str, Any]:
    """A JSON object of a cache: what cannot be read counts as empty."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
