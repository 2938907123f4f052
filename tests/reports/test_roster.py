"""Rosters as platforms export them, and who of them handed in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graders.roster import match, read
from graders.verdict import GraderError

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,A headless Service (77)\r\n"
    "    Points Possible,,,,,12\r\n"
    '"Doe, Jane",101,s1,jdoe,"Lab, Monday",\r\n'
    '"Müller, Jörg",102,s2,jm,Lab,5\r\n'
)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    "Participant 901,Jane Doe,Jane.Doe@uni.example,Submitted for grading,,100.00,Yes,-,-,\n"
    "Participant 902,Jörg Müller,jm@uni.example,No submission,,100.00,Yes,-,-,<p>old</p>\n"
)
PLAIN = "name;id;email\nJane Doe;s1;jane@uni.example\nAnn Lee;s2;ann@uni.example\n"


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = path / "roster.csv"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_canvas(tmp_path: Path, encoding: str) -> None:
    roster = read(written(tmp_path, CANVAS, encoding))
    assert roster.platform == "canvas"
    jane, joerg = roster.enrolled
    assert (jane.name, jane.id, jane.number, jane.login, jane.line) == ("Doe, Jane", "101", "s1", "jdoe", 3)
    assert joerg.row[-1] == "5"
    assert roster.preamble == (("    Points Possible", "", "", "", "", "12"),)


def test_canvas_with_a_row_about_posting(tmp_path: Path) -> None:
    lines = CANVAS.splitlines(keepends=True)
    roster = read(written(tmp_path, "".join([lines[0], ",,,,,Manual Posting\r\n", *lines[1:]])))
    assert len(roster.preamble) == 2
    assert len(roster.enrolled) == 2


def test_canvas_with_last_and_first_names(tmp_path: Path) -> None:
    roster = read(written(tmp_path, "LastName,FirstName,ID,SIS Login ID,Section\nDoe,Jane,101,jdoe,Lab\n"))
    assert (roster.platform, roster.enrolled[0].name) == ("canvas", "Doe, Jane")


def test_moodle(tmp_path: Path) -> None:
    roster = read(written(tmp_path, MOODLE))
    assert roster.platform == "moodle"
    assert [(each.id, each.email) for each in roster.enrolled] == [
        ("901", "Jane.Doe@uni.example"),
        ("902", "jm@uni.example"),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_separators(tmp_path: Path, separator: str, newline: str) -> None:
    text = PLAIN.replace(";", separator).replace("\n", newline)
    roster = read(written(tmp_path, text))
    assert [(each.name, each.id) for each in roster.enrolled] == [("Jane Doe", "s1"), ("Ann Lee", "s2")]


@pytest.mark.parametrize(
    "header", ["username,first_name,last_name,email", "Login ID;Surname;First name", '"E-Mail";"Name"']
)
def test_headers_that_people_write(tmp_path: Path, header: str) -> None:
    separator = ";" if ";" in header else ","
    assert read(written(tmp_path, f"{header}\n{separator.join('abcd'[: header.count(separator) + 1])}\n")).enrolled


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", ":1: no column's title is known", id="empty"),
        pytest.param(b"alpha,beta\n1,2\n", ":1: no column's title is known", id="other-columns"),
        pytest.param(b"name,id\n", "nobody is on the roster", id="header-alone"),
        pytest.param(b"name,id\nJ\xf6rg,1\n", ":2: the roster is not UTF-8", id="latin-1"),
        pytest.param(b"name,id\nDoe, Jane,1\n", ":2: 3 cells under 2 titles", id="no-quotes"),
        pytest.param(b'name,id\n"Doe,1\n', ":2: the roster is not CSV", id="open-quote"),
        pytest.param(b"name,id,note\n,,total\n", ":2: a row without name", id="nobody"),
        pytest.param(b"name,id\n" + b"x" * 200_000 + b",1\n", ":2: the roster is not CSV", id="huge-cell"),
    ],
)
def test_unreadable(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "roster.csv").write_bytes(content)
    with pytest.raises(GraderError) as refused:
        read(tmp_path / "roster.csv")
    assert says in str(refused.value)
    assert "roster.csv" in str(refused.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="No such file"):
        read(tmp_path / "roster.csv")


@pytest.mark.parametrize(
    ("student", "more"),
    [
        pytest.param("x", {"platform": "canvas", "platform_id": "101"}, id="platform-id"),
        pytest.param("101", {}, id="id"),
        pytest.param("S1", {}, id="number"),
        pytest.param("x", {"name": "JDoe"}, id="login"),
        pytest.param("x", {"name": "Jane Doe"}, id="first-last"),
        pytest.param("x", {"name": "doe, jane"}, id="last-first"),
        pytest.param("x", {"name": "doejane"}, id="lastfirst"),
        pytest.param("doe-jane", {"platform": "moodle", "platform_id": "102"}, id="another-platforms-id"),
    ],
)
def test_matched(tmp_path: Path, result_of: Any, student: str, more: dict[str, str]) -> None:
    matching = match(read(written(tmp_path, CANVAS)), [result_of(student, **more)])
    assert [(enrolled.id, result.student.id) for enrolled, result in matching.matched] == [("101", student)]
    assert [each.id for each in matching.missing] == ["102"]
    assert matching.unknown == ()


@pytest.mark.parametrize("name", ["jane.doe@uni.example", "JANE.DOE", "Jane Doe", "Jane  DOÉ"])
def test_matched_in_moodle(tmp_path: Path, result_of: Any, name: str) -> None:
    assert [enrolled.id for enrolled, _ in match(read(written(tmp_path, MOODLE)), [result_of("x", name=name)]).matched]


@pytest.mark.parametrize("name", ["Muller Jorg", "müllerjörg", "JÖRG MÜLLER", "Jo\u0308rg Mu\u0308ller"])
def test_accents(tmp_path: Path, result_of: Any, name: str) -> None:
    matching = match(read(written(tmp_path, CANVAS)), [result_of("x", name=name)])
    assert [enrolled.id for enrolled, _ in matching.matched] == ["102"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        pytest.param({"name": "Jane Do"}, "nobody on the roster has this id", id="nearly"),
        pytest.param({"name": "jane d"}, "nobody on the roster has this id", id="initial"),
        pytest.param({"name": "---"}, "nobody on the roster has this id", id="no-letters"),
        pytest.param(
            {"name": "Jane Doe", "platform": "canvas", "platform_id": "999"},
            "has canvas's id 999",
            id="left-the-course",
        ),
        pytest.param({"name": "101", "student": "102"}, "several on the roster can be meant: lines 3, 4", id="two-ids"),
    ],
)
def test_unknown(tmp_path: Path, result_of: Any, more: dict[str, str], says: str) -> None:
    matching = match(read(written(tmp_path, CANVAS)), [result_of(**{"student": "x", **more})])
    assert matching.matched == ()
    assert says in matching.unknown[0][1]


def test_two_of_the_same_name_are_not_guessed(tmp_path: Path, result_of: Any) -> None:
    roster = read(written(tmp_path, "name,id\nJane Doe,1\nDoe Jane,2\nAnn Lee,3\n"))
    matching = match(roster, [result_of("x", name="Jane Doe")])
    assert matching.matched == ()
    assert "lines 2, 3" in matching.unknown[0][1]
    assert [each.id for each in matching.missing] == ["3"]


def test_two_submissions_of_one_student(tmp_path: Path, result_of: Any) -> None:
    matching = match(read(written(tmp_path, CANVAS)), [result_of("jdoe"), result_of("s1")])
    assert matching.matched == ()
    assert [why for _, why in matching.unknown] == ["several submissions are of the student in line 3: jdoe, s1"] * 2
    assert [each.id for each in matching.missing] == ["102"]
