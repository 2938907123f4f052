"""A lab: a directory with lab.yaml, given manifests, a starter, a solution and a grader module."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from graders.verdict import GraderError

# What a lab may let a submission contain: kinds that live in a namespace and act in no other.
KINDS = (
    *("Service", "EndpointSlice", "Endpoints", "ConfigMap", "NetworkPolicy"),
    *("Pod", "ReplicaSet", "Deployment", "StatefulSet", "Job"),
)
POD_SECURITY = ("baseline", "restricted")  # https://kubernetes.io/docs/concepts/security/pod-security-standards/
ROOT = Path(__file__).parent.parent / "labs"
SHARED = Path(__file__).parent.parent / "manifests"
WORDS = {str: "a text", int: "a whole number", bool: "true or false", list: "a list", dict: "a mapping"}
Value = TypeVar("Value", str, int, bool, list[Any], dict[str, Any])


@dataclass(frozen=True, slots=True)
class CheckText:
    """What is said of a check: `section` is the heading in the lab's README, `hints` go from a question to a shape.

    `hidden`: it is left out of the students' copy of the course.
    """

    section: str
    hints: tuple[str, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Lab:
    """A lab, as its lab.yaml says.

    `kinds` and `images`: what a submission may contain. `points`: what its checks sum to. `namespaces`: further ones
    that it has beside its own. `upstream`: {name outside the cluster: the lab's Service that plays it}. `pod_security`:
    the Pod Security level of a graded submission's namespace. `minors`: of Kubernetes 1, that its manifests are for.
    `equivalent`: {mutant of the solution that no check can tell from it: why}.
    """

    directory: Path
    title: str
    kinds: tuple[str, ...]
    points: int
    given: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    upstream: dict[str, str] = field(default_factory=dict)
    pod_security: str = "baseline"
    checks: dict[str, CheckText] = field(default_factory=dict)
    minors: range = range(0)
    equivalent: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def submission(self) -> Path:
        """Where a student works."""
        return self.directory / "submission"

    def default_submission(self) -> Path:
        """The student's work when there is some, else the reference solution; students have none."""
        solution = self.directory / "solution"
        return solution if solution.exists() and not self.submission.exists() else self.submission


def load(directory: Path) -> Lab:
    """GraderError, with the line or the key that is to blame, for a lab.yaml that is missing or wrong."""
    if directory != Path.cwd() and directory.is_relative_to(Path.cwd()):  # then messages name files as the user would
        directory = directory.relative_to(Path.cwd())
    path = directory / "lab.yaml"
    try:
        return _lab(directory, yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        what = str(error.strerror)
    except yaml.MarkedYAMLError as error:
        what = f"line {error.problem_mark.line + 1}: {error.problem}" if error.problem_mark else str(error.problem)
    except (yaml.YAMLError, ValueError) as error:
        what = " ".join(str(error).split())
    raise GraderError(f"{path}: this lab cannot be read: {what}")


def names() -> list[str]:
    """Of every lab of the course, also of one that cannot be read."""
    return sorted(path.parent.name for path in ROOT.glob("*/lab.yaml"))


def all_labs() -> list[Lab]:
    """Every lab of the course, by name."""
    return [load(ROOT / name) for name in names()]


def _lab(directory: Path, content: Any) -> Lab:
    """ValueError for what is not as it should be."""
    if not isinstance(content, dict):
        raise ValueError("it is no mapping")
    kinds = _value(content, "kinds", list)
    if beyond := [kind for kind in kinds if kind not in KINDS]:
        raise ValueError(f"`kinds` may not have {beyond[0]}. Choose from {', '.join(KINDS)}.")
    pod_security = _value(content, "podSecurity", str, "baseline")
    if pod_security not in POD_SECURITY:
        raise ValueError(f"`podSecurity` must be one of {', '.join(POD_SECURITY)}")
    return Lab(
        directory,
        title=_value(content, "title", str),
        kinds=tuple(kinds),
        points=_value(content, "points", int),
        given=tuple(_value(content, "given", list)),
        images=tuple(_value(content, "images", list, [])),
        namespaces=tuple(_value(content, "namespaces", list, [])),
        upstream=_value(content, "upstream", dict, {}),
        pod_security=pod_security,
        checks={
            name: _check_text(_value(content["checks"], name, dict, at="checks."), f"checks.{name}.")
            for name in _value(content, "checks", dict)
        },
        minors=_minors(_value(content, "kubernetes", str, "1.36 - 1.36")),
        equivalent={str(name): str(why) for name, why in _value(content, "equivalent", dict, {}).items()},
    )


def _check_text(text: dict[str, Any], at: str) -> CheckText:
    hints = tuple(str(hint) for hint in _value(text, "hints", list, at=at))
    return CheckText(_value(text, "section", str, at=at), hints, _value(text, "hidden", bool, False, at=at))


def _minors(text: str) -> range:
    """`1.32 - 1.37`: both are meant too."""
    found = re.fullmatch(r"1\.(\d+) *- *1\.(\d+)", text)
    if not found or int(found[1]) > int(found[2]):
        raise ValueError("`kubernetes` must name the first and the last minor, as in `1.32 - 1.37`")
    return range(int(found[1]), int(found[2]) + 1)


def _value(content: dict[str, Any], key: str, kind: type[Value], default: Value | None = None, at: str = "") -> Value:
    value = content.get(key, default)
    if value is None:
        raise ValueError(f"the key `{at}{key}` is missing")
    if not isinstance(value, kind):
        raise ValueError(f"`{at}{key}` must be {WORDS[kind]}")
    return value
