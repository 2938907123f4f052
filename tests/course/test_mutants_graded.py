"""A course whose checks do not notice, whose list of equivalents is wrong, and one of whose checks cannot fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkout import Course
from tests.small_lab import LAB, MODULE

SOLUTION = """\
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  clusterIP: None
  ports:
    - port: 80
"""
CANNOT_FAIL = '''

@check(points=1, needs=("exists",))
def test_nothing(observer):
    """It asks for nothing."""
'''
EQUIVALENT = """\
equivalent:
  nothing Service/web spec.clusterIP as null: an address does no harm
  drop-field Service/web spec.colour: nobody sees it
  name Service/web metadata.name as "we": it is nearly the same
  protocol Service/web spec.ports[0].protocol as "UDP": a headless Service maps no ports
"""
UNMAPPED = """\
equivalent:
  protocol Service/web spec.ports[0].protocol as "UDP": a headless Service maps no ports
  port Service/web spec.ports[0].port as 81: the same
  port Service/web spec.ports[0].port as 8080: the same
"""


@pytest.fixture
def lab(small: Course) -> Path:
    directory = small.path / "labs" / "small"
    (directory / "mistakes").mkdir()
    (directory / "solution" / "web.yaml").write_text(SOLUTION)
    return directory


def line(path: Path, text: str) -> int:
    return path.read_text().split(text)[0].count("\n") + 1


def test_a_toothless_grader_lets_mutants_live(small: Course, lab: Path) -> None:
    module, settings = lab / "test_small.py", lab / "lab.yaml"
    module.write_text(MODULE.replace('expect(address == "None"', 'expect("spec" != "None"') + CANNOT_FAIL)
    settings.write_text(LAB.replace("points: 3", "points: 4") + "  nothing: {section: your-task, hints: [a, b, c]}\n")
    settings.write_text(settings.read_text() + EQUIVALENT)
    done = small.labs("mutants", "small")
    assert done.returncode == 1, done.stderr
    survivor = 'the mutant `nothing Service/web spec.clusterIP as ""` gets full marks. Let a check ask for'
    assert f"labs/small/solution/web.yaml:6: {survivor}" in done.stdout
    for listed, what in (
        ("nothing Service", "is not equivalent: nslookup web: the cluster IP of web, with the solution: no such name."),
        ("drop-field", "there is no mutant `drop-field Service/web spec.colour`."),
        ("name Service", "is not equivalent: exists kills it."),
    ):
        told = [each for each in done.stdout.splitlines() if what in each]
        assert len(told) == 1, done.stdout
        assert told[0].startswith(f"labs/small/lab.yaml:{line(settings, f'  {listed}')}: ")
    for name in ("nothing", "is_headless"):
        cannot = f"no mutant and no mistake fails `{name}`, also where it is asked alone"
        assert f"labs/small/test_small.py:{line(module, f'def test_{name}')}: {cannot}" in done.stdout
    assert "fails `exists`" not in done.stdout
    assert "protocol" not in done.stdout.partition("2 is_headless")[2]


def test_a_sharp_grader_kills_them(small: Course, lab: Path) -> None:
    (lab / "lab.yaml").write_text(LAB + UNMAPPED)
    done = small.labs("mutants", "small")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 3 listed as equivalent, 0 survived; " in done.stdout
    rows = [row.split() for row in done.stdout.splitlines()]
    assert ["nothing", "4", "·", "2", "2"] in rows, done.stdout
    assert "1 exists" in done.stdout
