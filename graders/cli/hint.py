"""`labs hint NAME`: for the first check that failed last time, one step further at each call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from graders.cli.choose import lab_named
from graders.lab import ROOT, Lab

CACHE = ROOT.parent / ".pytest_cache" / "v"
LAST_FAILED = CACHE / "cache" / "lastfailed"  # pytest's own: {node id: true}
STEPS = CACHE / "labs" / "hints"


def hint(
    name: Annotated[str, typer.Argument(help="The lab, as in `labs list`.")],
    check: Annotated[str, typer.Argument(help="A check, as `pytest -v` names it; else the first that failed.")] = "",
) -> None:
    """A question first, then a pointer, then the answer's shape: one step more at each call."""
    lab = lab_named(name)
    chosen = check.removeprefix("test_") or _first_failed(lab)
    if chosen not in lab.checks:
        raise typer.BadParameter(f"{lab.name} has no check {chosen!r}, only {', '.join(lab.checks)}.")
    text = lab.checks[chosen]
    steps = _read(STEPS)
    key = f"{lab.name}/{chosen}"
    step = min(int(steps.get(key, 0)) + 1, len(text.hints))
    typer.echo(f"{lab.titles().get(chosen, chosen)}\n")
    for number, sentence in enumerate(text.hints[:step], 1):
        typer.echo(f"  {number}. {sentence}")
    more = f"One step more: labs hint {lab.name} {chosen}" if step < len(text.hints) else "That was the last hint."
    typer.echo(f"\n{more}\nRead: {lab.directory}/README.md#{text.section}")
    STEPS.parent.mkdir(parents=True, exist_ok=True)
    STEPS.write_text(json.dumps({**steps, key: step}))


def _first_failed(lab: Lab) -> str:
    failed = {node.rpartition("::test_")[2] for node in _read(LAST_FAILED) if node.startswith(f"labs/{lab.name}/")}
    return next((name for name in lab.checks if name in failed), next(iter(lab.checks)))


def _read(path: Path) -> dict[str, Any]:
    """A JSON object of a cache: what cannot be read counts as empty."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
