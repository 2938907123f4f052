"""`labs new NAME`: a lab that runs, to be made into your own."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from graders.lab import ROOT

SKELETON = Path(__file__).parent / "skeleton"
NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")


def new(
    name: Annotated[str, typer.Argument(help="Lower case letters, digits and _; pytest labs/NAME runs it.")],
) -> None:
    """Make a complete lab: task text, manifests, starter, solution, a mistake, a grader module."""
    if not NAME.fullmatch(name):
        raise typer.BadParameter("a lab's name has 2 to 31 lower case letters, digits and _, and begins with a letter.")
    directory = ROOT / name
    if directory.exists():
        raise typer.BadParameter(f"{directory} is there already.")
    with tempfile.TemporaryDirectory(dir=ROOT) as half:
        _write(Path(half, name), name)
        Path(half, name).rename(directory)  # all of it or nothing
    typer.echo(f"{directory} is there, and runs: pytest labs/{name}")
    typer.echo("How to go on: docs/authoring.md")


def _write(directory: Path, name: str) -> None:
    for source in sorted(path for path in SKELETON.rglob("*") if path.is_file()):
        target = directory / source.relative_to(SKELETON).with_name(source.name.replace("NAME", name))
        if target.suffix == ".txt":  # so called that nothing takes the skeleton's own for a test
            target = target.with_suffix(".py")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text().replace("NAME", name))
    manifests = directory / "manifests"
    manifests.mkdir()
    (manifests / "nginx.yaml").symlink_to("../../../manifests/nginx.yaml")
