"""`labs grade`: one verdict a student, in the gradebook and on the screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graders.gradebook.lock import locked
from tests.checkout import Course


def result(grades: Path, student: str) -> dict[str, Any]:
    return json.loads((grades / "students" / student / "result.json").read_text())


def score(grades: Path, student: str) -> int | None:
    points = result(grades, student)["score"]
    return points["points"] if points else None


def test_a_class(small: Course, submissions: Path, tmp_path: Path) -> None:
    grades, usual = tmp_path / "grades", tmp_path / "usual"
    usual.mkdir()
    done = small.labs("grade", "small", submissions, "--out", grades, "-n", "2", PYTEST_DEBUG_TEMPROOT=str(usual))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(usual.iterdir()), "what other sessions of pytest have left there would be cleared up"
    assert "3 graded, 1 invalid, 0 with an error of ours." in done.stdout
    assert [score(grades, student) for student in ("ann", "ben", "cid", "dot")] == [3, 1, 0, 0]
    assert result(grades, "ben")["checks"][1]["diagnosis"]["code"] == "not-headless"
    assert result(grades, "dot")["status"] == "invalid"
    assert "dot.yaml:1" in result(grades, "dot")["problem"]
    assert len((grades / "log").read_text().splitlines()) == 4
    assert "ben.yaml:4: web has the cluster IP" in (grades / "students" / "ben" / "feedback.md").read_text()

    began = [result(grades, student)["began"] for student in ("ann", "ben", "cid", "dot")]
    assert small.labs("grade", "small", submissions, "--out", grades).returncode == 0
    assert [result(grades, student)["began"] for student in ("ann", "ben", "cid", "dot")] == began, "graded twice"
    assert not list((grades / "students").glob("*/earlier"))

    (submissions / "ben.yaml").write_bytes((submissions / "ann.yaml").read_bytes())
    assert small.labs("grade", "small", submissions, "--out", grades).returncode == 0
    assert score(grades, "ben") == 3, "a submission that has changed was not graded again"
    earlier = json.loads((grades / "students" / "ben" / "earlier" / "result-1.json").read_text())
    assert earlier["score"] == {"points": 1, "of": 3}
    assert (grades / "students" / "ben" / f"submission-{earlier['key']['submission'][:12]}.tar").exists()

    explained = small.labs("explain", grades, "ben").stdout
    assert "graded, 3/3" in explained
    replayed = small.labs("replay", grades, "cid")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert "The verdict holds." in replayed.stdout


@pytest.mark.parametrize(
    ("options", "graded"),
    [
        pytest.param(["--regrade", "ann", "--regrade", "ann"], ["ann"], id="regrade"),
        pytest.param(["--only", "failed"], ["ben", "cid"], id="only-failed"),
        pytest.param(["--only", "invalid"], ["dot"], id="only-invalid"),
        pytest.param(["--only", "error"], [], id="only-error"),
    ],
)
def test_grading_anew(small: Course, submissions: Path, tmp_path: Path, options: list[str], graded: list[str]) -> None:
    grades = tmp_path / "grades"
    small.labs("grade", "small", submissions, "--out", grades)
    assert small.labs("grade", "small", submissions, "--out", grades, *options).returncode == 0
    assert sorted(path.parent.parent.name for path in grades.glob("students/*/earlier/*.json")) == graded


def test_replay_says_when_a_verdict_does_not_hold(small: Course, submissions: Path, tmp_path: Path) -> None:
    grades = tmp_path / "grades"
    small.labs("grade", "small", submissions, "--out", grades)
    path = grades / "students" / "ben" / "result.json"
    before = path.read_text()
    path.write_text(before.replace('"outcome": "failed"', '"outcome": "passed"'))
    done = small.labs("replay", grades, "ben")
    assert done.returncode == 1
    assert "is_headless: passed (not-headless) -> failed (not-headless)" in done.stdout
    assert "The verdict does not hold." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["grade", "small", "nowhere", "--out", "g"], "there is no such directory", id="no-submissions"),
        pytest.param(["grade", "smal", ".", "--out", "g"], "Did you mean small?", id="no-lab"),
        pytest.param(["grade", "small", "s", "--out", "g", "--shard", "5/4"], "there is no shard 5 of 4", id="shard"),
        pytest.param(["grade", "small", "s", "--out", "g", "--shard", "/4"], "JOB_COMPLETION_INDEX", id="no-index"),
        pytest.param(["grade", "small", "s", "--out", "g", "--regrade", "zoe"], "nobody of the id 'zoe'", id="no-id"),
        pytest.param(["grade", "small", "s", "--out", "g", "--roster", "s/dot.yaml"], "dot.yaml", id="no-roster"),
        pytest.param(["grade", "small", "s", "--out", "g", "--cluster", "existing"], "--kubeconfig", id="no-context"),
        pytest.param(["explain", "s", "ann"], "is no gradebook", id="no-gradebook"),
        pytest.param(["report", "s", "--format", "pdf"], "there is no format 'pdf'", id="no-format"),
    ],
)
def test_what_cannot_be_done_is_said(small: Course, submissions: Path, arguments: list[str], says: str) -> None:
    submissions.rename(small.path / "s")
    done = small.labs(*arguments)
    assert done.returncode != 0
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_one_grading_at_a_time(small: Course, submissions: Path, tmp_path: Path) -> None:
    grades = tmp_path / "grades"
    grades.mkdir()
    with locked(grades):
        done = small.labs("grade", "small", submissions, "--out", grades)
    assert done.returncode == 7
    assert "another grading works in" in done.stderr
