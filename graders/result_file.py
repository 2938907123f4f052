"""`--result FILE`: the verdict on a single submission, as the same document that a class has of each."""

from __future__ import annotations

from pathlib import Path

from graders.clusters import RunningCluster
from graders.gradebook.key import key
from graders.grading import Grading
from graders.intake import collect
from graders.intake.keep import content_digest, digest, raw_digest
from graders.intake.student_id import shown, student_id
from graders.judge import judge, refuse
from graders.lab import Lab
from graders.result import Result, Student
from graders.submission import InvalidSubmission


def result(lab: Lab, grading: Grading, submission: Path, cluster: RunningCluster | None, *, invalid: bool) -> Result:
    """The student is whoever handed in a directory, or a file, of that name. `invalid`: that is the problem."""
    name = submission.absolute().name
    student = Student(id=student_id(name), name=shown(name))
    now = key(lab, *_digests(submission), cluster.identity if cluster else "")
    if invalid:
        return refuse(lab, student, now, grading.problem, grading.began)
    return judge(lab, grading, len(grading.results), student, now, None)


def _digests(submission: Path) -> tuple[str, str]:
    """Of names and contents, and of contents alone; empty where nothing can be read."""
    try:
        files = collect([submission])
        return digest(files), content_digest(files)
    except (InvalidSubmission, OSError):
        pass
    try:
        raw = raw_digest([submission])
    except (InvalidSubmission, OSError):
        raw = ""
    return raw, raw
