"""A defect as GitHub Actions shows it beside the offending line.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message and,
for what has to be escaped, command.ts of https://github.com/actions/toolkit
"""

from __future__ import annotations

from graders.course.defect import Defect

IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
IN_PROPERTY = IN_MESSAGE | str.maketrans({":": "%3A", ",": "%2C"})


def annotation(defect: Defect) -> str:
    """One line for standard output, where GITHUB_ACTIONS is `true`."""
    file = str(defect.file).translate(IN_PROPERTY)
    return f"::error file={file},line={defect.line}::{defect.what.translate(IN_MESSAGE)}"
