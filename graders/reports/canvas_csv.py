"""A CSV file for Canvas' gradebook.

https://github.com/instructure/canvas-lms/blob/master/app/models/gradebook_importer.rb: students are found by ID; a
column is an assignment's when it is titled `Title (id)` or `Title`; an empty cell removes the grade that there was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from graders.reports import csv_text
from graders.reports.scale import grade, maximum, number
from graders.result import LabOfResult, Result
from graders.roster import POINTS_POSSIBLE, Roster, match
from graders.verdict import GraderError

# Other columns stay out, lest grades of an older export replace newer ones.
STUDENT_COLUMNS = {
    "Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account",
    "Section",
}  # fmt: skip


def render(results: Sequence[Result], roster: Roster | None) -> str:
    """With the roster's students, in its order; without it, with those who handed in.

    Who did not hand in keeps what the roster had. GraderError when the roster is another platform's.
    """
    if not results:
        raise GraderError("no submission has been graded yet. Grade them first.")
    if roster is None:
        return _without_roster(sorted(results, key=lambda each: each.student.id))
    if roster.platform != "canvas":
        raise GraderError(
            "the roster is not Canvas' own. Export it in Canvas: Grades, Export, Export Entire Gradebook."
        )
    return _with_roster(results, roster)


def _without_roster(results: Sequence[Result]) -> str:
    lab = results[0].lab
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", lab.title],
        [f"    {POINTS_POSSIBLE}", "", "", "", "", str(lab.points)],
    ]
    for result in results:
        student = result.student
        identifier = student.platform_id if student.platform == "canvas" else ""
        rows.append([student.name, identifier, "", "", "", grade(result, Decimal(lab.points))])
    return csv_text.render(rows)


def _with_roster(results: Sequence[Result], roster: Roster) -> str:
    lab = results[0].lab
    kept = [number for number, title in enumerate(roster.columns) if title.strip() in STUDENT_COLUMNS]
    column = _assignment(roster, lab)
    points = next((row for row in roster.preamble if POINTS_POSSIBLE in row[0]), None)
    of = maximum(points[column] if points and column is not None else "", lab.points)
    grades = {enrolled.line: grade(result, of) for enrolled, result in match(roster, results).matched}

    def cells(row: Sequence[str], last: str) -> list[str]:
        return [*(row[number] for number in kept), last]

    def old(row: Sequence[str]) -> str:
        return row[column] if column is not None else ""

    rows = [cells(roster.columns, lab.title if column is None else roster.columns[column])]
    rows += [cells(row, old(row)) for row in roster.preamble if row is not points]
    first = points or (f"    {POINTS_POSSIBLE}", *[""] * (len(roster.columns) - 1))
    rows.append(cells(first, number(of)))
    rows += [cells(each.row, grades.get(each.line, old(each.row))) for each in roster.enrolled]
    return csv_text.render(rows)


def _assignment(roster: Roster, lab: LabOfResult) -> int | None:
    """The column titled as the lab is, by title or name."""
    wanted = {lab.title.casefold(), lab.name.casefold()}
    found = [
        number
        for number, title in enumerate(roster.columns)
        if re.sub(r"\s*\(\d+\)\s*$", "", title).strip().casefold() in wanted
    ]
    if len(found) > 1:
        raise GraderError(f"the roster has {len(found)} columns titled {lab.title!r}. Remove all but one.")
    return found[0] if found else None
