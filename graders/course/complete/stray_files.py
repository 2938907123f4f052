"""Nothing lies in a lab that is no part of it: an editor's backup, a `.DS_Store`, an empty file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from graders.course.complete.lab_files import LabFiles
from graders.course.defect import Defect
from graders.intake.names import is_junk, is_manifest

FILES = ("lab.yaml", "README.md")
FOLDERS = ("manifests", "starter", "solution", "mistakes")
OFTEN_THERE = ("submission", "__pycache__")  # a student's work; what Python leaves behind where the checks are run


def defects(files: LabFiles) -> Iterator[Defect]:
    """What git ignores is no defect, nor what the text links to."""
    directory = files.lab.directory
    linked = {(directory / each.target).resolve() for each in files.text.links}
    paths = [path for path in sorted(directory.rglob("*")) if path.is_file() or path.is_symlink()]
    paths = [path for path in paths if path.relative_to(directory).parts[0] not in OFTEN_THERE]
    ignored = _ignored_by_git(directory, paths)
    for path in paths:
        if path in ignored:
            continue
        if not _is_part(path.relative_to(directory), files.module.name) and path.resolve() not in linked:
            yield Defect(path, 1, "it is no part of a lab. Remove it, or let git ignore it.")
        elif not path.exists():
            yield Defect(path, 1, "it is a link that leads nowhere. Mend or remove it.")
        elif not path.stat().st_size:
            yield Defect(path, 1, "it is empty. Fill or remove it.")


def _is_part(path: Path, module: str) -> bool:
    """`path`: within the lab."""
    if len(path.parts) == 1:
        return path.name in (*FILES, module)
    return path.parts[0] in FOLDERS and is_manifest(path.name) and not any(is_junk(part) for part in path.parts)


def _ignored_by_git(directory: Path, paths: list[Path]) -> set[Path]:
    """Nothing where the course is no git repository, or git is not installed."""
    names = "\0".join(str(path.relative_to(directory)) for path in paths)
    command = ["git", "-C", str(directory), "check-ignore", "-z", "--stdin"]
    try:
        done = subprocess.run(command, input=os.fsencode(names), capture_output=True, check=False)
    except FileNotFoundError:
        return set()
    return {directory / os.fsdecode(name) for name in done.stdout.split(b"\0") if name}
