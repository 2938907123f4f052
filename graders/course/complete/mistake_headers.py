"""A lab knows at least eight mistakes, and the header of each says which checks it fails, and why."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.complete.lab_files import LabFiles
from graders.course.defect import Defect
from graders.course.mistake import mistakes

FEWEST = 8
KEYS = {"fails": "the checks that it fails", "diagnosis": "the code of the cause, or `none`"}


def defects(files: LabFiles) -> Iterator[Defect]:
    """Whether a header is true is found out by grading."""
    known = mistakes(files.lab)
    folder = files.lab.directory / "mistakes"
    if folder.is_dir() and len(known) < FEWEST:
        what = f"it has {len(known)} of at least {FEWEST} mistakes. Write what else students get wrong, a file each."
        yield Defect(folder, 1, what)
    for mistake in known:
        for key, meaning in KEYS.items():
            if not {"fails": mistake.fails, "diagnosis": mistake.diagnosis}[key]:
                yield Defect(mistake.path, 1, f"its header has no `# {key}:`. Say there {meaning}.")
        for name in mistake.fails:
            if files.checks and name not in files.checks:
                what = f"there is no check `{name}`, only {', '.join(files.checks)}."
                yield Defect(mistake.path, mistake.lines["fails"], what)
