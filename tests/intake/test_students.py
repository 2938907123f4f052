"""Who handed in what: the names of Moodle, Canvas and Gradescope, and any other; ids are safe and unique."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.intake import collect
from graders.intake.student_id import student_id
from graders.intake.students import HandedIn, find
from graders.verdict import GraderError
from tests.intake.archives import MANIFEST, pack_zip

SAFE = re.compile(r"(?![.-])[A-Za-z0-9._%-]{1,100}")


def class_of(directory: Path, *names: str) -> Path:
    """Names that end with `/` are folders with a manifest."""
    directory.mkdir(exist_ok=True)
    for name in names:
        path = directory / name
        if name.endswith("/"):
            path.mkdir()
            path = path / "demo.yaml"
        path.write_bytes(pack_zip({"demo.yaml": MANIFEST}) if name.endswith(".zip") else MANIFEST)
    return directory


def described(found: list[HandedIn]) -> list[tuple[str, str, str, str, list[str]]]:
    return [
        (
            each.student.id,
            each.student.name,
            each.student.platform,
            each.student.platform_id,
            [path.name for path in each.paths],
        )
        for each in found
    ]


@pytest.mark.parametrize(
    ("names", "students"),
    [
        pytest.param(
            ["bob.yaml", "alice/", "carol.tar.gz", "dan.v2.zip", "eve"],
            [("alice", "alice"), ("bob", "bob"), ("carol", "carol"), ("dan.v2", "dan.v2"), ("eve", "eve")],
            id="plain",
        ),
        pytest.param(
            [".DS_Store", "__MACOSX/", "Thumbs.db", "@alice.yaml", "-rf/", "=cmd().yaml", "Ü Ö/"],
            [
                ("%2Drf", "-rf"),
                ("%3Dcmd%28%29", "=cmd()"),
                ("%40alice", "@alice"),
                ("%C3%9C%20%C3%96", "Ü Ö"),
            ],
            id="odd",
        ),
        pytest.param(
            ["alice/", "alice.zip", "Bob/", "bob.yaml"],
            [
                ("alice", "alice"),
                ("alice.zip", "alice"),
                ("Bob", "Bob"),
                ("bob.yaml", "bob"),
            ],
            id="told-apart-by-suffix",
        ),
    ],
)
def test_names_as_they_are(tmp_path: Path, names: list[str], students: list[tuple[str, str]]) -> None:
    found = find(class_of(tmp_path / "class", *names))
    assert {(each.student.id, each.student.name) for each in found} == set(students)
    assert [each.student.id for each in found] == sorted(each.student.id for each in found)


def test_names_that_differ_in_capitals_alone(tmp_path: Path) -> None:
    first, second = find(class_of(tmp_path / "class", "ALICE", "alice"))
    assert first.student.id.lower() != second.student.id.lower()
    assert re.fullmatch("ALICE-[0-9a-f]{16}", first.student.id)


def test_moodle(tmp_path: Path) -> None:
    found = find(
        class_of(
            tmp_path / "class",
            "Jane Doe_4711_assignsubmission_file_/",
            "Jane Doe_4711_assignsubmission_onlinetext_/",
            "Max Mü-ller_4712_assignsubmission_file/",
            "Participant_4713_assignsubmission_file_work.zip",
            "Participant_4714_assignsubmission_file_demo.yaml",
        )
    )
    assert described(found) == [
        (
            "Jane%20Doe_4711",
            "Jane Doe",
            "moodle",
            "4711",
            ["Jane Doe_4711_assignsubmission_file_", "Jane Doe_4711_assignsubmission_onlinetext_"],
        ),
        ("Max%20M%C3%BC-ller_4712", "Max Mü-ller", "moodle", "4712", ["Max Mü-ller_4712_assignsubmission_file"]),
        ("Participant_4713", "Participant", "moodle", "4713", ["Participant_4713_assignsubmission_file_work.zip"]),
        ("Participant_4714", "Participant", "moodle", "4714", ["Participant_4714_assignsubmission_file_demo.yaml"]),
    ]
    assert [file.name for file in collect(found[0].paths)] == ["file/demo.yaml", "onlinetext/demo.yaml"]
    assert [file.name for each in found[1:] for file in collect(each.paths)] == ["demo.yaml"] * 3


def test_canvas(tmp_path: Path) -> None:
    found = find(
        class_of(
            tmp_path / "class",
            "doejane_4711_100_demo.yaml",
            "doejane_LATE_4711_200_demo-1.yaml",
            "doejane_4711_101_part-1.yaml",
            "doejane_4711_102_part-2.yaml",
            "müllermax_von_4712_103_work.zip",
            "LATE_anon_a1B2c_104_demo.yaml",
            "poejohn_4713_text.html",
        )
    )
    assert described(found) == [
        ("anon_a1B2c_a1B2c", "anon_a1B2c", "canvas", "a1B2c", ["LATE_anon_a1B2c_104_demo.yaml"]),
        (
            "doejane_4711",
            "doejane",
            "canvas",
            "4711",
            ["doejane_4711_101_part-1.yaml", "doejane_4711_102_part-2.yaml", "doejane_LATE_4711_200_demo-1.yaml"],
        ),
        ("m%C3%BCllermax_von_4712", "müllermax_von", "canvas", "4712", ["müllermax_von_4712_103_work.zip"]),
        ("poejohn_4713", "poejohn", "canvas", "4713", ["poejohn_4713_text.html"]),
    ]
    assert [file.name for file in collect(found[1].paths)] == ["demo-1.yaml", "part-1.yaml", "part-2.yaml"]


METADATA = """\
submission_100:
  :submitters:
  - :name: Solo Student
    :sid: '0100'
    :email: solo@example.edu
  :created_at: 2026-01-02 03:04:05.000000000 Z
  :score: 7.0
  :history:
  - !ruby/hash:ActiveSupport::HashWithIndifferentAccess
    :submitters:
    - :name: Not Me
    a: &a [1, *a]
submission_200:
  :submitters:
  - :name: Pair One
    :sid: ''
    :email: one@example.edu
  - :name: Pair Two
    :sid: '0201'
"""


@pytest.mark.parametrize("where", ["class", "class/assignment_1_export", "class/.."])
def test_gradescope(tmp_path: Path, where: str) -> None:
    top = tmp_path / "class"
    folder = top / "assignment_1_export" if where.endswith("export") else top
    top.mkdir()
    class_of(folder, "submission_100/", "submission_200/", "submission_300/")
    (tmp_path / where).joinpath("submission_metadata.yml").write_text(METADATA)
    assert described(find(top)) == [
        ("Pair%20One_one%40example.edu", "Pair One", "gradescope", "one@example.edu", ["submission_200"]),
        ("Pair%20Two_0201", "Pair Two", "gradescope", "0201", ["submission_200"]),
        ("Solo%20Student_0100", "Solo Student", "gradescope", "0100", ["submission_100"]),
        ("submission_300", "submission_300", "", "", ["submission_300"]),
    ]


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="no-text"),
        pytest.param(b"submission_100: [", id="no-yaml"),
        pytest.param(b"- a\n- {b: c}\n", id="another-shape"),
        pytest.param(b"submission_100: {:submitters: {:name: a}}", id="no-list"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"!!python/object/apply:os.system [exit]", id="python"),
    ],
)
def test_gradescope_metadata_that_cannot_be_read(tmp_path: Path, metadata: bytes) -> None:
    directory = class_of(tmp_path / "class", "submission_100/")
    (directory / "submission_metadata.yml").write_bytes(metadata)
    assert [each.student.id for each in find(directory)] == ["submission_100"]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        pytest.param("nowhere", "there is no such directory. Name the directory", id="missing"),
        pytest.param("class.zip", "it is no directory. Unpack it first", id="packed"),
        pytest.param("empty", "nobody handed in", id="empty"),
    ],
)
def test_no_submissions(tmp_path: Path, path: str, says: str) -> None:
    (tmp_path / "class.zip").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".git").mkdir()
    with pytest.raises(GraderError, match=says):
        find(tmp_path / path)


NAMES = st.binary(min_size=1, max_size=120).filter(
    lambda name: not set(name) & set(b"/\0") and name not in (b".", b"..")
)


@settings(deadline=None)
@given(st.sets(NAMES, min_size=1, max_size=6))
def test_ids_are_safe_unique_and_the_same_again(tmp_path_factory: pytest.TempPathFactory, names: set[bytes]) -> None:
    directory = tmp_path_factory.mktemp("class")
    for name in names | {b"alice"}:
        (directory / os.fsdecode(name)).touch()
    found = find(directory)
    ids = [each.student.id for each in found]
    assert all(SAFE.fullmatch(each) for each in ids)
    assert len({each.lower() for each in ids}) == len(ids)
    assert found == find(directory)
    assert all(each.student.name.encode() for each in found)


@given(NAMES, NAMES)
def test_short_ids_can_be_read_back(one: bytes, other: bytes) -> None:
    ids = {student_id(os.fsdecode(name)) for name in (one, other)}
    assert len(ids) == len({one, other})


def test_id_of_a_long_name() -> None:
    assert len(student_id("ü" * 300)) == 100
    assert student_id("ü" * 300) != student_id("ü" * 301)
