"""Where what lab.yaml says stands in it."""

from __future__ import annotations

from graders import manifest
from graders.course.defect import Defect
from graders.lab import Lab
from graders.manifest import Lines


def key_lines(lab: Lab) -> Lines:
    """The line of each key; InvalidSubmission for a file that kubectl could not read either."""
    path = lab.directory / "lab.yaml"
    documents = manifest.documents(str(path), path.read_text(encoding="utf-8"), manifest.Room())
    return next((lines for _, lines in documents), {})


def at_key(lab: Lab, lines: Lines, what: str, *keys: str | int) -> Defect:
    """A defect at a key, or at the nearest above it that there is. `lines`: as `key_lines` gives them."""
    while keys and keys not in lines:
        keys = keys[:-1]
    return Defect(lab.directory / "lab.yaml", lines.get(keys, 1), what)
