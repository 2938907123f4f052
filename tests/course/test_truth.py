"""A course whose gradings do not come out as declared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.checkout import Course
from tests.small_lab import SERVICE

NOT_HEADLESS = SERVICE.replace("clusterIP: None", "ports: [{port: 80}]")
TOOTHLESS = '''

@check(points=1)
def test_nothing(observer):
    """It asks for nothing."""
'''
BROKEN = '''

@check(points=1, about=SERVICE)
def test_breaks(observer):
    """It breaks where there is no Service."""
    expect(observer.service("web")["kind"] == "Service", seen="another kind", expected="a Service")
'''


@pytest.fixture
def lab(small: Course) -> Path:
    directory = small.path / "labs" / "small"
    for part, content in (("solution", SERVICE), ("starter", NOT_HEADLESS)):
        (directory / part).mkdir(exist_ok=True)
        (directory / part / "web.yaml").write_text(content)
    (directory / "mistakes").mkdir()
    return directory


def write_mistake(lab: Path, name: str, fails: str, diagnosis: str, content: str) -> None:
    (lab / "mistakes" / f"{name}.yaml").write_text(f"# fails: {fails}\n# diagnosis: {diagnosis}\n{content}")


def add_check(lab: Path, code: str) -> None:
    path, settings = lab / "test_small.py", lab / "lab.yaml"
    path.write_text(path.read_text() + code)
    name = re.search(r"test_(\w+)\(", code)
    assert name
    text = settings.read_text().replace("points: 3", "points: 4")
    settings.write_text(f"{text}  {name[1]}: {{section: your-task, hints: [a, b, c]}}\n")


def line(path: Path, text: str) -> int:
    return path.read_text().split(text)[0].count("\n") + 1


def test_what_is_declared_wrongly(small: Course, lab: Path) -> None:
    write_mistake(lab, "right", "is_headless", "not-headless", NOT_HEADLESS)
    write_mistake(lab, "passes", "is_headless", "not-headless", SERVICE)
    write_mistake(lab, "other-check", "exists", "not-headless", NOT_HEADLESS)
    write_mistake(lab, "other-cause", "is_headless", "no-service", NOT_HEADLESS)
    write_mistake(lab, "unreadable", "exists", "no-service", "kind: [\n")
    (lab / "starter" / "web.yaml").write_text(SERVICE)
    add_check(lab, TOOTHLESS)
    done = small.labs("check", "small", "--only", "true", GITHUB_ACTIONS="true")
    assert done.returncode == 1, done.stdout
    module = line(lab / "test_small.py", "def test_nothing")
    for expected in (
        f"labs/small/test_small.py:{module}: `nothing` passes where nothing was handed in.",
        "labs/small/mistakes/passes.yaml:1: declared to fail is_headless, this mistake fails nothing.",
        "labs/small/mistakes/other-check.yaml:1: declared to fail exists, this mistake fails is_headless.",
        "labs/small/mistakes/other-cause.yaml:2: declared as no-service, this mistake is diagnosed as not-headless.",
        "labs/small/mistakes/unreadable.yaml:1: this mistake is refused before it is graded: ",
        "labs/small/starter:1: the starter gets full marks",
    ):
        assert expected in done.stdout
    assert "right.yaml" not in done.stdout
    assert f"::error file=labs/small/test_small.py,line={module}::`nothing` passes" in done.stdout
    assert "1 lab, 6 defects" in done.stdout


def test_a_wrong_solution_and_a_check_that_breaks(small: Course, lab: Path) -> None:
    (lab / "solution" / "web.yaml").write_text(NOT_HEADLESS)
    add_check(lab, BROKEN)
    done = small.labs("check", "small", "--only", "true")
    assert done.returncode == 1
    wrong = line(lab / "test_small.py", "def test_is_headless")
    broken = line(lab / "test_small.py", "def test_breaks")
    for when in ("the solution on a fresh cluster", "the solution on a used cluster", "the solution once more"):
        assert f"labs/small/test_small.py:{wrong}: {when} does not pass `is_headless`: seen: " in done.stdout
    assert f"labs/small/test_small.py:{broken}: with nothing, `breaks` breaks: the grader failed" in done.stdout
    assert "::error" not in done.stdout


def test_a_lab_that_cannot_be_graded_is_an_error_of_ours(small: Course, lab: Path) -> None:
    (lab / "manifests" / "given.yaml").write_text("kind: ConfigMap\napiVersion: v1\nmetadata: {name: UPPER}\n")
    done = small.labs("check", "small", "--only", "true")
    assert done.returncode == 7
    assert "labs/small/manifests/given.yaml:1: the lab's own manifest was refused" in done.stderr
    assert "Traceback" not in done.stderr
