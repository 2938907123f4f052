"""A defect as GitHub Actions shows it beside the offending line.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message and,
for what has to be escaped, command.ts of https://github.com/actions/toolkit
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from graders.course.defect import Defect

IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_PROPERTY = IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


def as_annotations(defects: Iterable[Defect]) -> list[str]:
    """A line each for standard output; none where it is not GitHub Actions that runs this."""
    return [_annotation(defect) for defect in defects] if os.environ.get("GITHUB_ACTIONS") == "true" else []


def _annotation(defect: Defect) -> str:
    file = str(defect.file).translate(IN_PROPERTY)
    return f"::error file={file},line={defect.line}::{defect.what.translate(IN_MESSAGE)}"
