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
class Format:
    """One of `for_class` and `for_student` is there.

    `for_class`: the same text in whatever order the results come; GraderError when the roster does not fit.
    `for_student`: None where the format has no way to say that there is no score.
    """

    file: str
    for_class: Callable[[Sequence[Result], Roster | None], str] | None = None
    for_student: Callable[[Result], str | None] | None = None


FORMATS = {
    "feedback": Format("feedback.md", for_student=feedback_md.render),
    "gradescope": Format("results.json", for_student=gradescope.render),
    "classroom50": Format("classroom50.json", for_student=classroom50.render),
    "csv": Format("grades.csv", for_class=grades_csv.render),
    "canvas": Format("canvas.csv", for_class=canvas_csv.render),
    "moodle": Format("moodle.csv", for_class=moodle_csv.render),
    "junit": Format("junit.xml", for_class=junit.render),
    "ctrf": Format("ctrf.json", for_class=ctrf.render),
    "summary": Format("summary.md", for_class=summary_md.render),
}
