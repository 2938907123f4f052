"""Every lab has its parts."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.complete.lab_files import LabFiles
from graders.course.defect import Defect


def defects(files: LabFiles) -> Iterator[Defect]:
    """Each part that is missing, with what it is for."""
    lab = files.lab
    wanted = {
        "README.md": "Write the task, for a student",
        files.module.name: "Write the checks",
        "starter": "Put there what a student begins with",
        "solution": "Put there what gets full marks",
        "mistakes": "Put there a file for each thing that students get wrong",
    }
    if lab.given:
        wanted["manifests"] = "Put there what lab.yaml says is given"
    for name, remedy in wanted.items():
        path = lab.directory / name
        if not path.exists():
            yield Defect(path, 1, f"it is missing. {remedy}.")
        elif path.is_dir() != ("." not in name):
            yield Defect(path, 1, f"it is no {'file' if '.' in name else 'directory'}. {remedy}.")
