"""A class graded in parts, and put together, is the class graded at once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from graders.gradebook.shard import Shard, parse
from tests.checkout import Course

# What differs between any two gradings: times, and the names and addresses that a cluster gives.
TIMES = re.compile(r'"(?:began|seconds)": [^,\n]+|,\d+\.\d,')
GIVEN = re.compile(r"10\.\d+\.\d+\.\d+|lab-small-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_are_disjoint_and_together_all(count: int) -> None:
    items = list(range(20))
    parts = [Shard(index, count).of(items) for index in range(1, count + 1)]
    assert sorted(item for part in parts for item in part) == items
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_index_of_an_indexed_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_COMPLETION_INDEX", "0")
    assert parse("/4") == Shard(1, 4)
    assert parse("3/4") == Shard(3, 4)


def masked(text: str) -> str:
    return GIVEN.sub("GIVEN", TIMES.sub("TIME", text))


def test_merged_shards_equal_the_whole(small: Course, submissions: Path, tmp_path: Path) -> None:
    whole, merged = tmp_path / "whole", tmp_path / "merged"
    parts = [tmp_path / f"part-{index}" for index in range(4)]
    assert small.labs("grade", "small", submissions, "--out", whole).returncode == 0
    for index, part in enumerate(parts):
        done = small.labs(
            "grade", "small", submissions, "--out", part, "--shard", "/4", JOB_COMPLETION_INDEX=str(index)
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert small.labs("merge", merged, *parts).returncode == 0
    files = sorted(path.relative_to(whole) for path in (whole / "students").rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(merged) for path in (merged / "students").rglob("*") if path.is_file())
    for file in [*files, Path("grades.csv"), Path("summary.md")]:
        if file.suffix in (".json", ".md", ".csv"):
            assert masked((whole / file).read_text()) == masked((merged / file).read_text()), file
        else:
            assert (whole / file).read_bytes() == (merged / file).read_bytes(), file


def test_more_shards_than_students(small: Course, submissions: Path, tmp_path: Path) -> None:
    for name in ("ben", "cid", "dot"):
        (submissions / f"{name}.yaml").unlink()
    parts = [tmp_path / f"part-{index}" for index in (1, 2)]
    for index, part in enumerate(parts, 1):
        assert small.labs("grade", "small", submissions, "--out", part, "--shard", f"{index}/2").returncode == 0
    done = small.labs("merge", tmp_path / "merged", *parts)
    assert done.returncode == 0, done.stderr
    assert "1 students of 2 parts." in done.stdout


def test_two_verdicts_on_one_student_are_not_merged(small: Course, submissions: Path, tmp_path: Path) -> None:
    parts = [tmp_path / "one", tmp_path / "two"]
    for part in parts:
        small.labs("grade", "small", submissions, "--out", part)
        (submissions / "ann.yaml").write_text((submissions / "ben.yaml").read_text())
    done = small.labs("merge", tmp_path / "merged", *parts)
    assert done.returncode == 7
    assert "ann has a verdict in" in done.stderr
    assert json.loads((parts[0] / "students" / "ann" / "result.json").read_text())["score"]["points"] == 3
    assert not (tmp_path / "merged" / "students").exists()
