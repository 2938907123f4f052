"""The files of a lab, read once. What cannot be read is a defect, and empty for the rules that come after."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from graders import submission
from graders.course.complete.text import Text, text_of
from graders.course.defect import Defect
from graders.course.lab_yaml import at_key, key_lines
from graders.course.mistake import mistakes
from graders.grader_module import WrittenCheck, path_of, written_checks
from graders.lab import SHARED, Lab
from graders.manifest import Lines
from graders.submission import Document, InvalidSubmission
from graders.verdict import GraderError

WHERE = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?P<what>.*)", re.DOTALL)
PYTHON_LINE = re.compile(r"line (\d+)\)")
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class LabFiles:
    """`objects`: {manifests, starter, solution or mistakes/FILE: what is in it}; only of what is there.

    `checks`: of the grader module, in its order. `keys`: the line of each key of lab.yaml. `text`: README.md.
    `unreadable`: what keeps a file from being read.
    """

    lab: Lab
    objects: dict[str, list[Document]]
    checks: dict[str, WrittenCheck]
    keys: Lines
    text: Text
    unreadable: list[Defect]

    @property
    def module(self) -> Path:
        return path_of(self.lab)

    @property
    def readme(self) -> Path:
        return self.lab.directory / "README.md"

    def in_lab_yaml(self, what: str, *keys: str | int) -> Defect:
        """At a key of lab.yaml, or at the nearest above it that there is."""
        return at_key(self.lab, self.keys, what, *keys)

    def at_check(self, check: WrittenCheck, what: str) -> Defect:
        return Defect(self.module, check.line, what)


def read(lab: Lab) -> LabFiles:
    """Whatever is missing or broken."""
    unreadable: list[Defect] = []

    def or_else(empty: Read, path: Path, reading: Callable[[], Read]) -> Read:
        try:
            return reading()
        except InvalidSubmission as error:
            unreadable.append(told(error, path))
        except GraderError as error:
            line = PYTHON_LINE.search(str(error))
            unreadable.append(Defect(path, int(line[1]) if line else 1, str(error).removeprefix(f"{path}: ")))
        except OSError as error:
            unreadable.append(Defect(path, 1, f"it cannot be read: {error.strerror}."))
        return empty

    parts = [lab.directory / part for part in ("manifests", "starter", "solution")]
    module, yaml, readme = path_of(lab), lab.directory / "lab.yaml", lab.directory / "README.md"
    return LabFiles(
        lab,
        objects={
            str(path.relative_to(lab.directory)): or_else([], path, partial(_objects, path))
            for path in (*parts, *(each.path for each in mistakes(lab)))
            if path.exists()
        },
        checks=or_else({}, module, partial(written_checks, lab)) if module.exists() else {},
        keys=or_else({}, yaml, partial(key_lines, lab)),
        text=or_else(Text(), readme, partial(text_of, readme)) if readme.exists() else Text(),
        unreadable=unreadable,
    )


def told(error: InvalidSubmission, path: Path) -> Defect:
    """The defect that a refusal of the manifests at `path` is."""
    found = WHERE.fullmatch(str(error))
    if found:
        return Defect(Path(found["file"]), int(found["line"]), found["what"])
    return Defect(path, 1, str(error).removeprefix(f"{path}: "))


def _objects(path: Path) -> list[Document]:
    return submission.read(path, within=SHARED.parent)
