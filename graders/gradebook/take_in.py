"""From what was handed in into the gradebook: its bytes are kept, and what cannot be graded has its verdict at once."""

from __future__ import annotations

from graders import clock
from graders.admit import allow
from graders.gradebook.book import Gradebook, Intake, stored_name
from graders.gradebook.key import key
from graders.intake import collect
from graders.intake.keep import content_digest, digest, keep, raw_digest
from graders.intake.students import HandedIn
from graders.judge import refuse
from graders.lab import Lab
from graders.result import Result
from graders.submission import InvalidSubmission, parse


def take_in(lab: Lab, book: Gradebook, handed_in: HandedIn) -> Result | None:
    """The verdict on an invalid submission, if there was none yet; None where it is to be graded, or is already."""
    invalid = ""
    try:
        files = collect(handed_in.paths)
        submission, contents = digest(files), content_digest(files)
        allow(lab, parse(handed_in.student.id, files))
    except InvalidSubmission as error:
        invalid = str(error)
        submission = contents = raw_digest(handed_in.paths)
    folder = book.folder(handed_in.student.id)
    stored = folder / stored_name(submission)
    kept = keep(handed_in.paths, stored)
    intake = Intake(
        student=handed_in.student, stored=kept.name, submission=submission, contents=contents, invalid=invalid
    )
    book.take_in(intake)
    if not invalid:
        return None
    now, found = key(lab, submission, contents, ""), book.result(intake.student.id)
    if found and found.key == now:
        return None
    result = refuse(lab, intake.student, now, invalid, clock.now())
    book.keep(result)
    return result
