"""A failure under load is repeated once alone before it counts, and an error is never a score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checkout import Course

# Fails, or breaks, for the student `ann` as often as is asked, and counts.
ADDED = '''

@check(points=0)
def test_unlucky(run):
    """It does not always hold."""
    from pathlib import Path

    tries = Path({tries!r})
    tries.open("a").write("x")
    if len(tries.read_text()) <= {bad}:
        {how}
'''


@pytest.fixture
def one(submissions: Path) -> Path:
    for name in ("ben", "cid", "dot"):
        (submissions / f"{name}.yaml").unlink()
    return submissions


def grade(
    small: Course, one: Path, tmp_path: Path, bad: int, how: str, workers: int
) -> tuple[dict[str, Any], int, int]:
    """(the verdict on ann, how often she was graded, the exit status), when the first `bad` gradings go wrong."""
    tries = tmp_path / "tries"
    module = small.path / "labs" / "small" / "test_small.py"
    module.write_text(module.read_text() + ADDED.format(tries=str(tries), bad=bad, how=how))
    done = small.labs("grade", "small", one, "--out", tmp_path / "grades", "-n", str(workers))
    verdict = json.loads((tmp_path / "grades" / "students" / "ann" / "result.json").read_text())
    return verdict, len(tries.read_text()), done.returncode


FAILS = 'expect(False, seen="nothing", expected="something")'
BREAKS = 'raise RuntimeError("broken")'


def test_a_failure_under_load_is_repeated_alone(small: Course, one: Path, tmp_path: Path) -> None:
    verdict, tries, status = grade(small, one, tmp_path, 1, FAILS, workers=2)
    assert (tries, status) == (2, 0)
    assert verdict["score"]["points"] == 3
    assert (verdict["tries"], verdict["first_try"]) == (2, "3/3, failed: unlucky")
    assert not (tmp_path / "grades" / "students" / "ann" / "unconfirmed.json").exists()


def test_a_failure_that_holds_alone_counts(small: Course, one: Path, tmp_path: Path) -> None:
    verdict, tries, _ = grade(small, one, tmp_path, 9, FAILS, workers=2)
    assert tries == 2
    assert verdict["status"] == "graded"
    assert verdict["checks"][-1]["outcome"] == "failed"


def test_without_load_a_failure_counts_at_once(small: Course, one: Path, tmp_path: Path) -> None:
    _, tries, _ = grade(small, one, tmp_path, 9, FAILS, workers=1)
    assert tries == 1


def test_an_error_is_repeated_and_then_left_for_a_person(small: Course, one: Path, tmp_path: Path) -> None:
    verdict, tries, status = grade(small, one, tmp_path, 9, BREAKS, workers=1)
    assert (tries, status) == (2, 7)
    assert (verdict["status"], verdict["score"]) == ("error", None)
    assert "RuntimeError: broken" in verdict["problem"]


def test_an_error_that_does_not_come_again_is_forgotten(small: Course, one: Path, tmp_path: Path) -> None:
    verdict, tries, status = grade(small, one, tmp_path, 1, BREAKS, workers=1)
    assert (tries, status) == (2, 0)
    assert verdict["score"]["points"] == 3


def test_a_check_that_does_not_end_is_ended(small: Course, one: Path, tmp_path: Path) -> None:
    limits = small.own("graders/time_limit.py")
    limits.write_text(limits.read_text().replace("CHECK_SECONDS = 60.0", "CHECK_SECONDS = 0.2"))
    how = "import threading; threading.Event().wait()"
    verdict, tries, _ = grade(small, one, tmp_path, 9, how, workers=2)
    assert tries == 2
    assert verdict["limits"] == ["unlucky took longer than 0 s"]
    assert [check["outcome"] for check in verdict["checks"]] == ["passed", "passed", "failed"]
    assert verdict["score"]["points"] == 3, "what was found before the limit counts"
