"""Is a lab complete? A file a rule; each names the offending file and line, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from graders.course.complete import (
    allowed_manifests,
    files_in_text,
    links,
    mistake_headers,
    names_in_text,
    nothing_to_do,
    parts,
    points,
    starter_differs,
    stray_files,
    valid_manifests,
    written_and_described,
)
from graders.course.complete.lab_files import LabFiles, read
from graders.course.defect import Defect
from graders.lab import Lab

RULES: tuple[Callable[[LabFiles], Iterator[Defect]], ...] = (
    parts.defects,
    stray_files.defects,
    written_and_described.defects,
    points.defects,
    allowed_manifests.defects,
    valid_manifests.defects,
    starter_differs.defects,
    mistake_headers.defects,
    links.defects,
    files_in_text.defects,
    names_in_text.defects,
    nothing_to_do.defects,
)


def complete(lab: Lab) -> Iterator[Defect]:
    """What is wrong with a lab's files; nothing is run, and no cluster is needed."""
    files = read(lab)
    yield from files.unreadable
    for rule in RULES:
        yield from rule(files)


def not_run() -> str:
    """Which rule this environment cannot follow, and what to install; "" where there is none."""
    return valid_manifests.not_run()
