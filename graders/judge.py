"""From what came of the checks to the verdict that is kept."""

from __future__ import annotations

import importlib.metadata
import platform

from graders.grading import Grading
from graders.lab import Lab
from graders.reports.wording import in_a_line
from graders.result import Key, LabOfResult, Result, Status, Student
from graders.verdict import Score, score


def judge(lab: Lab, grading: Grading, checks: int, student: Student, key: Key, first: Result | None) -> Result:
    """`checks`: how many there should be. `first`: the verdict that this one repeats alone."""
    results = tuple(grading.results.values())
    problem = grading.problem
    if not problem and len(results) < checks:
        problem = f"only {len(results)} of {checks} checks were run, since the process that ran them ended"
    points = None if problem else score(results)
    if not problem and points is None:
        problem = next(result.seen for result in results if result.outcome == "error")
    return Result(
        student=student,
        lab=LabOfResult(name=lab.name, title=lab.title, points=lab.points),
        key=key,
        status=Status.ERROR if problem else Status.GRADED,
        score=points,
        problem=problem,
        checks=results,
        limits=tuple(grading.limits),
        versions=_versions(key.cluster),
        began=grading.began,
        seconds=round(grading.seconds, 3),
        tries=2 if first else 1,
        first_try=in_a_line(first) if first else "",
    )


def refuse(lab: Lab, student: Student, key: Key, problem: str, began: str) -> Result:
    """The verdict on a submission that cannot be read, or has what the lab does not allow."""
    return Result(
        student=student,
        lab=LabOfResult(name=lab.name, title=lab.title, points=lab.points),
        key=key,
        status=Status.INVALID,
        score=Score(0, lab.points),
        problem=problem,
        versions=_versions(key.cluster),
        began=began,
        seconds=0.0,
    )


def _versions(cluster: str) -> dict[str, str]:
    return {
        "service-labs": importlib.metadata.version("service-labs"),
        "python": platform.python_version(),
        **({"cluster": cluster} if cluster else {}),
    }
