"""Nothing is left of what `labs new` leaves to the author."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graders.course.complete.lab_files import LabFiles
from graders.course.defect import Defect

LEFT = re.compile(r'\bTODO: *(.*?)[*."]*$')


def defects(files: LabFiles) -> Iterator[Defect]:
    """Each line with a `TODO:`, with what it asks for."""
    for path in (files.lab.directory / "lab.yaml", files.readme, files.module):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
        for number, line in enumerate(lines, start=1):
            if found := LEFT.search(line):
                yield Defect(path, number, f"it is still to be written: {found[1]}.")
