"""What of a folder is not copied."""

from __future__ import annotations

from graders.intake.names import is_junk

FOR_INSTRUCTORS = ("grade-job.yaml",)  # grades a class


def left_out(folder: str, names: list[str]) -> list[str]:
    """What tools leave behind, and what is for instructors; in the shape that shutil.copytree asks for."""
    del folder
    return [name for name in names if is_junk(name) or name.endswith("~") or name in FOR_INSTRUCTORS]
