"""Every file and every lab that the text names is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graders.course.complete.lab_files import LabFiles
from graders.course.complete.references import references
from graders.course.complete.shown_lines import shown_lines
from graders.course.defect import Defect
from graders.lab import SHARED

PLACEHOLDER = re.compile(r"[A-Z$<{*…]")  # as in labs/NAME/
FOLDERS = ("labs", "manifests", "starter", "solution", "mistakes", "docs", "setup", "graders", "pocketkube")
MADE = re.compile(
    r">>? *([\w./-]+)|^# *([\w./-]+\.ya?ml)\s*$", re.MULTILINE
)  # by a command, or by a block's first line


def defects(files: LabFiles) -> Iterator[Defect]:
    """In a line of code; the targets of links are looked at elsewhere."""
    found = (MADE.findall(code.text) for code in files.text.code if code.block)
    made = {name.rpartition("/")[2] for each in found for names in each for name in names}
    for line in shown_lines(files.text):
        for each in references(line.text):
            if each.kind == "file" and not _is_there(files, each.name, made):
                what = f"there is no file `{each.name}` in the lab or the course. Mend the name."
                yield Defect(files.readme, line.number, what)
            if each.kind == "lab" and not (files.lab.directory.parent / each.name).is_dir():
                yield Defect(files.readme, line.number, f"there is no lab `{each.name}`. Mend the name.")


def _is_there(files: LabFiles, path: str, made: set[str]) -> bool:
    """A path is of the course or the lab; a name alone may be of any of its parts."""
    folder, _, name = path.rpartition("/")
    if PLACEHOLDER.search(path.removesuffix("README.md")) or "submission" in path or name in made:
        return True
    if folder and path.split("/", maxsplit=1)[0] not in FOLDERS:  # an image, an API group, a media type
        return True
    lab = files.lab.directory
    root = lab.resolve().parent.parent
    if folder:
        return (root / path).exists() or (lab / path).exists()
    return any(True for top in (lab, SHARED, root / "docs") for _ in top.rglob(name)) or (root / name).exists()
