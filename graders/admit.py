"""What a submission has to pass before anything of it is applied: it can be read, and the lab allows it."""

from __future__ import annotations

import os
from pathlib import Path

from graders import policy, submission
from graders.given import applied_last, given
from graders.lab import Lab
from graders.submission import Document, InvalidSubmission


def admit(lab: Lab, path: Path) -> list[Document]:
    """The objects of the submission at `path`; InvalidSubmission for what cannot be read or is not allowed."""
    if path == lab.submission and not os.path.lexists(path):
        raise InvalidSubmission(str(path), f"there is no such directory. Begin: labs start {lab.name}")
    documents = submission.read(path)
    allow(lab, documents)
    return documents


def allow(lab: Lab, documents: list[Document]) -> None:
    """InvalidSubmission for the first object that the lab does not allow."""
    ours = (*given(lab), *applied_last())
    policy.enforce(lab, documents, {(str(each.content["kind"]), each.name) for each in ours})
