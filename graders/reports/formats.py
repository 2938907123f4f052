"""Every report by name: what it is of, and what its file is called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graders.reports import (
    canvas_csv,
    classroom50,
    ctrf,
    feedback_md,
    grades_csv,
    gradescope,
    junit,
    moodle_csv,
    summary_md,
)
from graders.result import Result
from graders.roster import Roster


@dataclass(frozen=True, slots=True)
class OfStudent:
    """A report of one submission; None where the format has no way to say that there is no score."""

    file: str
    render: Callable[[Result], str | None]


@dataclass(frozen=True, slots=True)
class OfClass:
    """A report of all, the same text in whatever order they come. GraderError when the roster does not fit."""

    file: str
    render: Callable[[Sequence[Result], Roster | None], str]


FORMATS: dict[str, OfStudent | OfClass] = {
    "feedback": OfStudent("feedback.md", feedback_md.render),
    "gradescope": OfStudent("results.json", gradescope.render),
    "classroom50": OfStudent("classroom50.json", classroom50.render),
    "grades": OfClass("grades.csv", grades_csv.render),
    "canvas": OfClass("canvas.csv", canvas_csv.render),
    "moodle": OfClass("moodle.csv", moodle_csv.render),
    "junit": OfClass("junit.xml", junit.render),
    "ctrf": OfClass("ctrf.json", ctrf.render),
    "summary": OfClass("summary.md", summary_md.render),
}
