"""Reports of a class with a roster: at the end of a grading, and later."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from tests.checkout import Course

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,A lab for tests (7)
    Points Possible,,,,,3
"Ant, Ann",1,,ann,A,
"Bee, Ben",2,,ben,A,
"Emu, Eva",5,,eva,A,
"""


def test_roster(small: Course, submissions: Path, tmp_path: Path) -> None:
    grades, roster = tmp_path / "grades", tmp_path / "canvas.csv"
    roster.write_text(CANVAS)
    done = small.labs("grade", "small", submissions, "--out", grades, "--roster", roster)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of the roster handed in nothing." in done.stdout
    assert "Emu, Eva" in (grades / "summary.md").read_text()

    done = small.labs("report", grades, "--format", "canvas", "--format", "gradescope", "--format", "junit")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = list(csv.DictReader((grades / "canvas.csv").read_text().splitlines()))
    assert {row["ID"]: row["A lab for tests (7)"] for row in rows[1:]} == {"1": "3", "2": "1", "5": ""}
    assert json.loads((grades / "students" / "ann" / "results.json").read_text())["tests"]
    assert "<testsuite" in (grades / "junit.xml").read_text()


def test_out_among_the_submissions(small: Course, submissions: Path) -> None:
    done = small.labs("grade", "small", submissions, "--out", submissions / "grades")
    assert done.returncode == 2
    assert "would be taken for one" in done.stderr
    assert not (submissions / "grades").exists()


def test_a_gradebook_is_of_one_lab(small: Course, submissions: Path, tmp_path: Path) -> None:
    grades = tmp_path / "grades"
    small.labs("grade", "small", submissions, "--out", grades)
    done = small.labs("grade", "headless", submissions, "--out", grades)
    assert done.returncode == 7
    assert "holds verdicts on the lab small, not headless" in done.stderr


def test_the_roster_that_is_kept_may_be_given_again(small: Course, submissions: Path, tmp_path: Path) -> None:
    grades, roster = tmp_path / "grades", tmp_path / "canvas.csv"
    roster.write_text(CANVAS)
    small.labs("grade", "small", submissions, "--out", grades, "--roster", roster)
    for command in (["grade", "small", submissions, "--out", grades], ["report", grades, "--format", "canvas"]):
        done = small.labs(*command, "--roster", grades / "roster.csv")
        assert done.returncode == 0, done.stderr
    assert (grades / "roster.csv").read_text() == CANVAS
