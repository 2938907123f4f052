"""The Indexed Job that grades a class: a manifest that Kubernetes takes, and a command that does what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import V1Job

from graders.gradebook.book import Gradebook
from tests.checkout import ROOT, Course


@pytest.fixture
def job() -> dict[str, Any]:
    manifest: dict[str, Any] = yaml.safe_load((ROOT / "manifests" / "grade-job.yaml").read_text())
    return manifest


def unknown(manifest: Any, known: Any) -> list[str]:
    """Fields of the manifest that the official model does not have: it drops them without a word."""
    if isinstance(manifest, dict):
        gone = [key for key in manifest if key not in known]
        return gone + [each for key in manifest if key in known for each in unknown(manifest[key], known[key])]
    if isinstance(manifest, list):
        return [each for one, other in zip(manifest, known, strict=True) for each in unknown(one, other)]
    return []


def test_every_field_is_kubernetes_own(job: dict[str, Any]) -> None:
    model = V1Job.model_validate(job)
    assert unknown(job, model.model_dump(by_alias=True, exclude_none=True, mode="json")) == []


def test_its_pods_grade_the_class(job: dict[str, Any], small: Course, submissions: Path, tmp_path: Path) -> None:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    parts = []
    for index in range(job["spec"]["completions"]):
        words = [word.replace("$(JOB_COMPLETION_INDEX)", str(index)) for word in container["args"]]
        words = [word.replace("/grades", str(tmp_path)).replace("/submissions", str(submissions)) for word in words]
        words[1] = "small"
        done = small.labs(*words, JOB_COMPLETION_INDEX=str(index))
        assert done.returncode == 0, done.stdout + done.stderr
        parts.append(tmp_path / f"part-{index}")
    assert small.labs("merge", tmp_path / "merged", *parts).returncode == 0
    assert [each.student.id for each in Gradebook(tmp_path / "merged").results()] == ["ann", "ben", "cid", "dot"]
