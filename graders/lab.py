"""A lab: a directory with lab.yaml, given manifests, a starter, a solution and a grader module."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from graders.verdict import GraderError


@dataclass(frozen=True, slots=True)
class Lab:
    """`kinds`: what a submission may contain. `points`: what its checks sum to."""

    directory: Path
    title: str
    kinds: tuple[str, ...]
    points: int

    @property
    def name(self) -> str:
        return self.directory.name

    def default_submission(self) -> Path:
        """The student's work when there is some, else the reference solution."""
        own = self.directory / "submission"
        return own if own.exists() else self.directory / "solution"


def load(directory: Path) -> Lab:
    """GraderError for a lab.yaml that is missing or wrong."""
    path = directory / "lab.yaml"
    try:
        content = yaml.safe_load(path.read_text())
        return Lab(directory, str(content["title"]), tuple(content["kinds"]), int(content["points"]))
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise GraderError(f"{path}: this lab cannot be read: {error!r}") from error
