"""How learning platforms name what they let an instructor download."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from graders.intake.names import ARCHIVE_SUFFIXES, MANIFEST_SUFFIXES

# Moodle: the full name without underscores, the id of the participant in the assignment, the plugin, and a file
# unless there is a folder for each participant. https://github.com/moodle/moodle/blob/main/mod/assign/locallib.php
MOODLE = re.compile(r"(?P<student>[^_]*)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
# Canvas: the sortable name without blanks and signs, whether it was late, the user's id, the file's id, its name.
# https://github.com/instructure/canvas-lms/blob/master/lib/content_zipper.rb
CANVAS = re.compile(
    r"(?P<student>\w+?)(?:_LATE)?_(?P<id>\d+)_(?:(?P<upload>\d+)_(?P<file>.+)|(?:text|link)\.html)", re.DOTALL
)
CANVAS_ANONYMOUS = re.compile(
    r"(?:LATE_)?(?P<student>anon_(?P<id>[A-Za-z0-9]+))_(?:(?P<upload>\d+)_(?P<file>.+)|(?:text|link)\.html)", re.DOTALL
)
SENT_AGAIN = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True)
class Named:
    """What the name of a path says. `file`: what the student called it; `upload`: grows with time, -1 if unknown."""

    path: str
    student: str
    platform: Literal["", "canvas", "moodle", "gradescope"]
    platform_id: str
    file: str
    upload: int = -1


def recognise(name: str) -> Named:
    """By the first platform whose naming it follows; else the student is called as the path without its suffix."""
    if found := MOODLE.fullmatch(name):
        return Named(name, found["student"], "moodle", found["id"], found["file"] or found["plugin"])
    if found := CANVAS_ANONYMOUS.fullmatch(name) or CANVAS.fullmatch(name):
        return Named(name, found["student"], "canvas", found["id"], found["file"] or name, int(found["upload"] or -1))
    return Named(name, without_suffix(name), "", "", name)


def file_name(name: str) -> str:
    """What the student called the file."""
    return recognise(name).file


def without_suffix(name: str) -> str:
    for suffix in (*(f".tar{each}" for each in (".gz", ".bz2", ".xz")), *ARCHIVE_SUFFIXES, *MANIFEST_SUFFIXES):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def newest(files: list[Named]) -> list[Named]:
    """Of what one student handed in, without files that were sent again: Canvas then adds -1, -2 to their names.

    A file whose name ends so by the student's own wish stays, unless the name without it was handed in as well.
    """
    originals = {each.file for each in files}
    latest: dict[str, Named] = {}
    for each in sorted(files, key=lambda each: (each.upload, each.path)):
        path = PurePath(each.file)
        original = SENT_AGAIN.sub("", path.stem) + path.suffix
        again = each.platform == "canvas" and original in originals
        latest[original if again else each.file] = each
    return sorted(latest.values(), key=lambda each: each.path)
