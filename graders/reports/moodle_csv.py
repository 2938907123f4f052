"""A grading worksheet for Moodle: https://docs.moodle.org/en/Using_Assignment#Offline_marking

https://github.com/moodle/moodle/blob/main/mod/assign/feedback/offline/locallib.php: a grade above the maximum and an
empty one are skipped silently; feedback is replaced by what stands here, also by nothing, and is shown as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from graders.reports import csv_text, wording
from graders.reports.csv_text import AsItWas
from graders.reports.escaping import html
from graders.reports.scale import grade, maximum
from graders.result import Result
from graders.roster import Roster, match
from graders.verdict import GraderError, Outcome

GRADE, MAXIMUM, FEEDBACK = "Grade", "Maximum Grade", "Feedback comments"
COLUMNS = (
    "Identifier", "Full name", "Email address", "Status", GRADE, MAXIMUM, "Grade can be changed",
    "Last modified (submission)", "Last modified (grade)", FEEDBACK,
)  # fmt: skip


def render(results: Sequence[Result], roster: Roster | None) -> str:
    """With the roster's students, in its order and columns; without it, with those who handed in.

    Who did not hand in keeps what the roster had. GraderError when the roster is another platform's.
    """
    if roster is None:
        return _without_roster(sorted(results, key=lambda each: each.student.id))
    if roster.platform != "moodle":
        what = "Download it in the assignment: Submissions, Actions, Download grading worksheet."
        raise GraderError(f"the roster is not Moodle's grading worksheet. {what}")
    return _with_roster(results, roster)


def _without_roster(results: Sequence[Result]) -> str:
    rows = [list(COLUMNS)]
    for result in results:
        student, of = result.student, result.lab.points
        identifier = f"Participant {student.platform_id}" if student.platform == "moodle" else ""
        known = [identifier, student.name, "", "Submitted for grading"]
        rows.append([*known, grade(result, Decimal(of)), str(of), "Yes", "-", "-", _feedback(result)])
    return csv_text.render(rows)


def _with_roster(results: Sequence[Result], roster: Roster) -> str:
    titles = [title.strip() for title in roster.columns]
    width = len(titles)
    if FEEDBACK not in titles:
        titles.append(FEEDBACK)
    graded = {enrolled.line: result for enrolled, result in match(roster, results).matched}
    rows: list[list[str]] = [titles]
    for each in roster.enrolled:
        row = [*each.row, *[""] * (len(titles) - width)]
        feedback = titles.index(FEEDBACK)
        row[feedback] = AsItWas(row[feedback])
        result = graded.get(each.line)
        if result:
            of = maximum(row[titles.index(MAXIMUM)] if MAXIMUM in titles else "", result.lab.points)
            row[titles.index(GRADE)] = grade(result, of)
            row[feedback] = _feedback(result)
        rows.append(row)
    return csv_text.render(rows)


def _feedback(result: Result) -> str:
    """Never empty."""
    parts = [html(wording.headline(result)), *(html(limit) for limit in result.limits)]
    for check in result.checks:
        if check.outcome is not Outcome.PASSED:
            texts = [f"{label}: {html(text)}" for label, text in wording.details(check)]
            parts.append("<br>".join([f"<b>{html(check.title)}</b> ({check.outcome}, {check.points})", *texts]))
    return "".join(f"<p>{part}</p>" for part in parts)
