"""`grades.csv`: a line for each student, for the instructor's spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence

from graders.reports import csv_text, identical, wording
from graders.result import Result
from graders.roster import Roster, match

COLUMNS = (
    "id", "name", "email", "status", "points", "of", "first_to_do", "problem", "limits", "identical_to", "tries",
    "first_try", "seconds", "roster",
)  # fmt: skip


def render(results: Sequence[Result], roster: Roster | None) -> str:
    """By id; then who is missing, in the roster's order. `points` is empty where there is no score.

    `roster`: the line of the roster, or why there is none; empty without a roster.
    """
    notes: dict[str, str] = {}
    emails: dict[str, str] = {}
    missing: list[list[str | int]] = []
    if roster:
        matching = match(roster, results)
        for enrolled, result in matching.matched:
            notes[result.student.id], emails[result.student.id] = f"line {enrolled.line}", enrolled.email
        notes |= {result.student.id: why for result, why in matching.unknown}
        for enrolled in matching.missing:
            known = [enrolled.id or enrolled.number or enrolled.login, enrolled.name, enrolled.email, "missing"]
            missing.append([*known, *[""] * 9, f"line {enrolled.line}"])
    same = identical.others(results)
    rows: list[Sequence[str | int]] = [COLUMNS]
    for result in sorted(results, key=lambda each: each.student.id):
        student = result.student.id
        points = wording.points(result)
        rows.append([
            student,
            result.student.name,
            emails.get(student, ""),
            result.status,
            "" if points is None else points,
            result.score.of if result.score else result.lab.points,
            wording.first_todo(result),
            result.problem,
            " ".join(result.limits),
            " ".join(same.get(student, ())),
            result.tries,
            result.first_try,
            f"{result.seconds:.1f}",
            notes.get(student, ""),
        ])  # fmt: skip
    return csv_text.render([*rows, *missing])
