"""A mutant, and the edit that makes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graders.course.mutants import fields
from graders.course.trials import Trial
from graders.submission import Document


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing wrong in one object. `path`: of the field. `how`: in a few words.

    `contents`: the objects that stand in the place of the one; or `text`, of the whole file, where it is about text.
    """

    operator: str
    path: fields.Path
    how: str
    contents: tuple[dict[str, Any], ...] = ()
    text: str | None = None

    def name_in(self, document: Document) -> str:
        """Such as `case-value Service/web spec.clusterIP as "none"`."""
        owner = f"{document.content['kind']}/{document.name}"
        return " ".join(part for part in (self.operator, owner, fields.shown(self.path), self.how) if part)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A submission. `name`: it stays as long as what is mutated does. `file` and `line`: of that in the solution.

    `files`: {name: content} of the whole submission.
    """

    operator: str
    name: str
    file: Path
    line: int
    files: dict[str, bytes]

    @property
    def trial(self) -> Trial:
        """To have it graded."""
        return Trial(self.name, self.files)


def set_to(operator: str, content: dict[str, Any], path: fields.Path, value: Any) -> Edit:
    """The field has another value."""
    return Edit(operator, path, f"as {json.dumps(value)}", (fields.replaced(content, path, value),))


def called(operator: str, content: dict[str, Any], path: fields.Path, name: str) -> Edit:
    """The field has another name."""
    return Edit(operator, path, f"called {name}", (fields.renamed(content, path, name),))


def without(operator: str, content: dict[str, Any], path: fields.Path) -> Edit:
    """The field is not there."""
    return Edit(operator, path, "", (fields.dropped(content, path),))
