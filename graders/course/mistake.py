"""A named mistake of a lab: what students get wrong, and what its header says will come of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from graders.course.trials import Trial, trial_of
from graders.lab import Lab

HEADER = re.compile(r"# (fails|diagnosis):(.*)")


@dataclass(frozen=True, slots=True)
class Mistake:
    """`fails`: checks; `diagnosis`: the code of the cause; () and "" where the header does not say.

    `lines`: where it says so, {"fails" or "diagnosis": line}.
    """

    path: Path
    fails: tuple[str, ...]
    diagnosis: str
    lines: dict[str, int]

    @property
    def name(self) -> str:
        """Its path within the lab."""
        return f"{self.path.parent.name}/{self.path.name}"


def mistakes(lab: Lab) -> list[Mistake]:
    """By name; also those whose header is incomplete."""
    return [_read(path) for path in sorted((lab.directory / "mistakes").glob("*.y*ml"))]


def of_mistakes(lab: Lab) -> list[Trial]:
    return [trial_of(each.name, each.path) for each in mistakes(lab)]


def _read(path: Path) -> Mistake:
    said: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.startswith("#"):
            break
        if found := HEADER.fullmatch(line):
            said[found[1]], lines[found[1]] = found[2].strip(), number
    return Mistake(path, tuple(said.get("fails", "").split()), said.get("diagnosis", ""), lines)
