"""A lab: a directory with lab.yaml, given manifests, a starter, a solution and a grader module."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from graders.verdict import GraderError

# What a lab may let a submission contain: kinds that live in a namespace and act in no other.
KINDS = (
    *("Service", "EndpointSlice", "Endpoints", "ConfigMap", "NetworkPolicy"),
    *("Pod", "ReplicaSet", "Deployment", "StatefulSet", "Job"),
)
ROOT = Path(__file__).parent.parent / "labs"
SHARED = Path(__file__).parent.parent / "manifests"


@dataclass(frozen=True, slots=True)
class CheckText:
    """What is said of a check: `section` is the heading in the lab's README, `hints` go from a question to a shape."""

    section: str
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab, as its lab.yaml says.

    `kinds` and `images`: what a submission may contain. `points`: what its checks sum to. `namespaces`: further ones
    that it has beside its own. `upstream`: {name outside the cluster: the lab's Service that plays it}.
    """

    directory: Path
    title: str
    kinds: tuple[str, ...]
    points: int
    given: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    upstream: dict[str, str] = field(default_factory=dict)
    checks: dict[str, CheckText] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def submission(self) -> Path:
        """Where a student works."""
        return self.directory / "submission"

    def titles(self) -> dict[str, str]:
        """{check: its title, the first line of its docstring}, without running anything of the grader module."""
        module = ast.parse((self.directory / f"test_{self.name}.py").read_text())
        return {
            each.name.removeprefix("test_"): (ast.get_docstring(each) or "").partition("\n")[0]
            for each in module.body
            if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")
        }

    def default_submission(self) -> Path:
        """The student's work when there is some, else the reference solution."""
        return self.submission if self.submission.exists() else self.directory / "solution"


def load(directory: Path) -> Lab:
    """GraderError for a lab.yaml that is missing or wrong."""
    path = directory / "lab.yaml"
    if directory.is_relative_to(Path.cwd()):  # then messages name files as the user would
        directory = directory.relative_to(Path.cwd())
    try:
        content = yaml.safe_load(path.read_text())
        if beyond := [kind for kind in content["kinds"] if kind not in KINDS]:
            raise GraderError(f"{path}: `kinds` may not have {beyond[0]}. Choose from {', '.join(KINDS)}.")
        return Lab(
            directory,
            title=str(content["title"]),
            kinds=tuple(content["kinds"]),
            points=int(content["points"]),
            given=tuple(content["given"]),
            images=tuple(content.get("images", ())),
            namespaces=tuple(content.get("namespaces", ())),
            upstream=dict(content.get("upstream", {})),
            checks={name: _check_text(text) for name, text in content["checks"].items()},
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise GraderError(f"{path}: this lab cannot be read: {error!r}") from error


def all_labs() -> list[Lab]:
    """Every lab of the course, by name."""
    return [load(path.parent) for path in sorted(ROOT.glob("*/lab.yaml"))]


def _check_text(text: Any) -> CheckText:
    return CheckText(str(text["section"]), tuple(str(hint) for hint in text["hints"]))
