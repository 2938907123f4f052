"""The lab's own objects: what every student is given, and what the checks need in their namespace."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from graders import submission
from graders.lab import SHARED, Lab
from graders.submission import Document, InvalidSubmission
from graders.verdict import GraderError


def given(lab: Lab) -> tuple[Document, ...]:
    """What is applied before the submission, the tiny-tools Pod first. GraderError when it cannot be read."""
    manifests = lab.directory / "manifests"
    return (*_read(SHARED / "tiny-tools.yaml"), *(_read(manifests) if manifests.is_dir() else ()))


def applied_last() -> tuple[Document, ...]:
    """What is applied after the submission: it shows when the cluster has caught up with it."""
    return _read(SHARED / "tiny-tools-svc.yaml")


@cache
def _read(path: Path) -> tuple[Document, ...]:
    try:
        return tuple(submission.read(path, within=SHARED.parent))
    except InvalidSubmission as error:
        raise GraderError(f"the lab's own manifests cannot be read: {error}") from error
