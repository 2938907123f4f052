"""Starter, solution and mistakes pass what a submission has to pass: else they are refused, and never graded."""

from __future__ import annotations

from collections.abc import Iterator

from graders.admit import allow
from graders.course.complete.lab_files import LabFiles, told
from graders.course.defect import Defect
from graders.submission import InvalidSubmission
from graders.verdict import GraderError


def defects(files: LabFiles) -> Iterator[Defect]:
    """The first object of each that the lab does not allow. What cannot be read is told elsewhere."""
    for part, documents in files.objects.items():
        if part == "manifests":
            continue
        try:
            allow(files.lab, documents)
        except InvalidSubmission as error:
            yield told(error, files.lab.directory / part)
        except GraderError:
            return  # the given manifests cannot be read: that is a defect already
