"""The checks' points sum to what lab.yaml says; else the lab is not graded."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.complete.lab_files import LabFiles
from graders.course.defect import Defect


def defects(files: LabFiles) -> Iterator[Defect]:
    """The sum is read from the decorators, without running anything."""
    points = [check.points for check in files.checks.values() if check.points is not None]
    if len(points) == len(files.checks) > 0 and sum(points) != files.lab.points:
        what = f"the checks sum to {sum(points)} points, not to {files.lab.points}. Write `points: {sum(points)}`"
        yield files.in_lab_yaml(f"{what}, or change what a check is worth.", "points")
