"""Reports of a class, read as those who import them do."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from jsonschema import validate

from graders.reports import canvas_csv, ctrf, grades_csv, identical, junit, moodle_csv, scale, summary_md
from graders.reports.formats import FORMATS, OfClass
from graders.result import Result, Status
from graders.roster import Roster, read
from graders.verdict import GraderError

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Essay (3),A headless Service (77),Final Score\n"
    ",,,,,Manual Posting,,\n"
    "    Points Possible,,,,,5,12,(read only)\n"
    '"Full, Fay",101,,full,Lab,4,,90\n'
    '"Error, Eve",102,,error,Lab,,9,\n'
    '"Gone, Gus",103,,gone,Lab,3,EX,\n'
    '"Partly, Pat",104,,partly,Lab,,,\n'
    '"Invalid, Ida",105,,invalid,Lab,,,\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    "Participant 9,Fay Full,full@uni.example,Submitted,,100.00,Yes,-,-,\n"
    "Participant 8,Eve Error,error@uni.example,Submitted,,100.00,Yes,-,-,\n"
    'Participant 7,Gus Gone,gone@uni.example,No submission,,100.00,Yes,-,-,"<p>by hand</p>\n=1"\n'
    "Participant 6,Pat Partly,partly@uni.example,Submitted,,100.00,Yes,-,-,\n"
    "Participant 5,Ida Invalid,invalid@uni.example,Submitted,,100.00,Yes,-,-,\n"
)


def roster(path: Path, text: str) -> Roster:
    (path / "roster.csv").write_text(text, encoding="utf-8")
    return read(path / "roster.csv")


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def table(text: str) -> list[dict[str, str]]:
    head, *body = rows(text)
    assert all(len(row) == len(head) for row in body)
    return [dict(zip(head, row, strict=True)) for row in body]


def test_grades(class_: list[Result]) -> None:
    found = {row["id"]: row for row in table(grades_csv.render(class_, None))}
    assert list(found) == sorted(result.student.id for result in class_)
    assert (found["partly"]["points"], found["partly"]["of"], found["partly"]["status"]) == ("1", "6", "graded")
    assert found["partly"]["first_to_do"] == "No Pod has the label app=web. Select app: nginx."
    assert (found["invalid"]["points"], found["invalid"]["status"]) == ("0", "invalid")
    assert found["error"]["points"] == found["early"]["points"] == ""
    assert found["full"]["identical_to"] == "partly"
    assert (found["twice"]["tries"], found["twice"]["first_try"]) == ("2", "error: the cluster does not answer")


def test_grades_with_a_roster(class_: list[Result], tmp_path: Path) -> None:
    found = {row["id"]: row for row in table(grades_csv.render(class_, roster(tmp_path, CANVAS)))}
    assert (found["103"]["status"], found["103"]["points"], found["103"]["roster"]) == ("missing", "", "line 6")
    assert found["full"]["roster"] == "line 4"
    assert found["slow"]["roster"].startswith("nobody on the roster")


def test_canvas_imports_it(class_: list[Result], tmp_path: Path) -> None:
    """The rules of gradebook_importer.rb: titles, points possible, numbers."""
    head, *body = rows(canvas_csv.render(class_, roster(tmp_path, CANVAS)))
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "A headless Service (77)"]
    assert len(head) > 3
    assert head[4] == "Section"
    points = [row for row in body if "Points Possible" in row[0]]
    assert points == [["    Points Possible", "", "", "", "", "12"]]
    students = [row for row in body if row[1]]
    assert [(row[1], row[-1]) for row in students] == [
        ("101", "12"),
        ("102", ""),
        ("103", "EX"),
        ("104", "2"),
        ("105", "0"),
    ]
    assert students[0][0] == "Full, Fay"


def test_canvas_without_a_column_for_the_lab(class_: list[Result], tmp_path: Path) -> None:
    text = "Student,ID,SIS User ID,SIS Login ID,Section\n" + '"Full, Fay",101,,full,Lab\n'
    head, points, student = rows(canvas_csv.render(class_, roster(tmp_path, text)))
    assert (head[-1], points[0], points[-1], student[-1]) == ("A headless Service", "    Points Possible", "1", "1")


def test_canvas_without_a_roster(result_of: Any) -> None:
    results = [result_of("a", platform="canvas", platform_id="101", name="doejane")]
    head, points, student = rows(canvas_csv.render(results, None))
    assert head[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert points[-1] == "6"
    assert student == ["doejane", "101", "", "", "", "1"]


def test_moodle_imports_it(class_: list[Result], tmp_path: Path) -> None:
    """The rules of assignfeedback_offline: columns, range, and feedback that replaces what there was."""
    found = table(moodle_csv.render(class_, roster(tmp_path, MOODLE)))
    assert [row["Identifier"] for row in found] == [f"Participant {number}" for number in (9, 8, 7, 6, 5)]
    assert [row["Grade"] for row in found] == ["100", "", "", "16.67", "0"]
    assert [row["Maximum Grade"] for row in found] == ["100.00"] * 5
    assert [row["Last modified (grade)"] for row in found] == ["-"] * 5
    assert found[2]["Feedback comments"] == "<p>by hand</p>\n=1"
    assert all(row["Feedback comments"] for row in found)
    assert "a person will look" in found[1]["Feedback comments"]
    assert "Select app: nginx." in found[3]["Feedback comments"]
    assert "a.yaml:3" in found[4]["Feedback comments"]


def test_moodle_without_a_roster(result_of: Any) -> None:
    found = table(moodle_csv.render([result_of("a", platform="moodle", platform_id="9", name="Jane Doe")], None))
    assert (found[0]["Identifier"], found[0]["Grade"], found[0]["Maximum Grade"]) == ("Participant 9", "1", "6")


@pytest.mark.parametrize(("text", "form"), [(CANVAS, "moodle"), (MOODLE, "canvas"), ("name\nA\n", "canvas")])
def test_another_platforms_roster(class_: list[Result], tmp_path: Path, text: str, form: str) -> None:
    report = FORMATS[form]
    assert isinstance(report, OfClass)
    with pytest.raises(GraderError, match="the roster is not"):
        report.render(class_, roster(tmp_path, text))


@pytest.mark.parametrize("maximum", ["A, B, C", "0", "-5", "NaN", "Infinity"])
def test_a_maximum_that_cannot_be_computed_with(maximum: str) -> None:
    with pytest.raises(GraderError, match="maximum grade"):
        scale.maximum(maximum, 10)


def test_junit(class_: list[Result], data: Path) -> None:
    text = junit.render(class_, None)
    xmlschema.XMLSchema(data / "junit.xsd").validate(text)
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(text)}
    partly = suites["headless.partly"]
    assert [partly.get(name) for name in ("tests", "failures", "errors", "skipped", "time")] == [
        "3",
        "1",
        "0",
        "1",
        "3.250",
    ]
    assert partly.find("testcase[@name='dns_answers']/failure[@type='no-endpoints']") is not None
    assert suites["headless.invalid"].find("testcase[@name='submission']/failure[@type='submission']") is not None
    for student, errors in (("error", 1), ("early", 1)):
        suite = suites[f"headless.{student}"]
        assert (suite.get("errors"), suite.get("failures")) == (str(errors), "0")


def test_ctrf(class_: list[Result], data: Path) -> None:
    content = json.loads(ctrf.render(class_, None))
    validate(content, json.loads((data / "ctrf.schema.json").read_text()))
    summary, tests = content["results"]["summary"], content["results"]["tests"]
    for status in ("passed", "failed", "skipped", "pending", "other"):
        assert summary[status] == sum(test["status"] == status for test in tests)
    assert summary["tests"] == len(tests)
    assert (summary["start"], summary["stop"]) == (1788256800000, 1788256803250)
    failed = next(test for test in tests if test["suite"] == ["headless", "partly"] and test["status"] == "failed")
    assert failed["duration"] == 1234
    assert failed["extra"] == {"points": 0, "of": 2, "diagnosis": "no-endpoints"}
    assert {test["status"] for test in tests if test["suite"][1] == "early"} == {"other"}


def test_summary(class_: list[Result], tmp_path: Path) -> None:
    text = summary_md.render(class_, roster(tmp_path, CANVAS))
    for expected in (
        "| graded | 5 |",
        "| invalid | 1 |",
        "| error | 2 |",
        "| together | 8 |",
        "| 1 | 5 | ██████████████████████████████ |",
        "| 4 | no-endpoints | No Pod has the label app=web. |",
        "- error: error, no score: the cluster does not answer",
        "- slow: limit: More than 300 s",
        "- twice: changed when it was repeated alone: error: the cluster does not answer; then 1/6",
        "5 enrolled, 4 of them graded",
        "- Gone, Gus, 103, gone",
        "- 2: full, partly",
    ):
        assert expected in text
    assert "same-twice: changed" not in text


def test_the_same_contents(result_of: Any) -> None:
    results = [result_of(student, contents=contents) for student, contents in zip("abcde", "12213", strict=True)]
    assert identical.groups(results) == [["a", "d"], ["b", "c"]]
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert identical.groups([result_of(student, contents=nothing) for student in "ab"]) == []


@pytest.mark.parametrize("name", [name for name, report in FORMATS.items() if isinstance(report, OfClass)])
def test_order_does_not_matter(class_: list[Result], name: str) -> None:
    report = FORMATS[name]
    assert isinstance(report, OfClass)
    assert report.render(class_, None) == report.render(class_[::-1], None)


@pytest.mark.parametrize("name", [name for name, report in FORMATS.items() if isinstance(report, OfClass)])
def test_an_error_is_no_score(result_of: Any, name: str) -> None:
    report = FORMATS[name]
    assert isinstance(report, OfClass)
    text = report.render([result_of("a", Status.ERROR, (), problem="no cluster", of=977)], None)
    assert not re.search(r'"?\b0"?,"977"|0/977|0 of 977', text)


@pytest.mark.parametrize("name", ["grades", "junit", "ctrf", "summary", "moodle"])
def test_nothing_graded(name: str) -> None:
    report = FORMATS[name]
    assert isinstance(report, OfClass)
    assert report.render([], None)
