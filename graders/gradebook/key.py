"""What a verdict depends on: while none of it has changed, a submission is not graded again."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from graders.digest import of_files
from graders.lab import SHARED, Lab
from graders.result import Key

SOURCE = Path(__file__).parent.parent
NOT_DECISIVE = ("cli", "course", "gradebook", "reports")  # they neither read submissions, nor run checks, nor judge


def key(lab: Lab, submission: str, contents: str, cluster: str) -> Key:
    """`cluster`: its kind and version, "" where none was needed."""
    return Key(submission=submission, contents=contents, lab=_lab(lab.directory), grader=_grader(), cluster=cluster)


@cache
def _lab(directory: Path) -> str:
    """Of what is run and measured; texts, solution and mistakes are for people."""
    directory = directory.resolve()
    decisive = [directory / "lab.yaml", *directory.glob("test_*.py"), *(directory / "manifests").rglob("*.*")]
    shared = of_files(SHARED, SHARED.glob("*.yaml"))
    return of_files(directory, decisive)[:32] + shared[:32]


@cache
def _grader() -> str:
    files = [path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] not in NOT_DECISIVE]
    return of_files(SOURCE, files)
