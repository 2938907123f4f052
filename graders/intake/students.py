"""Who handed in what, by the names in a directory of submissions."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from graders.intake import gradescope
from graders.intake.names import is_junk
from graders.intake.platforms import Named, newest, recognise
from graders.intake.student_id import apart, shown, student_id
from graders.result import Student
from graders.verdict import GraderError


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One student's submission. `paths`: what it is made of."""

    student: Student
    paths: tuple[Path, ...]


def find(directory: Path) -> list[HandedIn]:
    """Every student in a directory of submissions, by id; GraderError when there is none."""
    if not directory.is_dir():
        what = "it is no directory. Unpack it first."
        if not directory.exists():
            what = "there is no such directory. Name the directory with a folder or a file per student."
        raise GraderError(f"{shown(str(directory))}: {what}")
    try:
        names = _names(directory)
        if len(names) == 1 and (directory / names[0] / gradescope.METADATA).is_file():
            directory /= names[0]  # the folder that Gradescope puts around its export
            names = _names(directory)
    except OSError as error:
        raise GraderError(f"{shown(str(directory))}: it cannot be read: {error.strerror}.") from error
    submitters = gradescope.submitters(directory)
    groups: dict[tuple[str, str], list[Named]] = defaultdict(list)
    for name in names:
        for named in _named(name, submitters):
            groups[named.platform, named.platform_id or f"{name}/{named.student}"].append(named)
    if not groups:
        raise GraderError(f"{shown(str(directory))}: nobody handed in. Name the directory with a folder per student.")
    found = [
        HandedIn(
            Student(
                id=student, name=shown(first.student), platform=first.platform, platform_id=shown(first.platform_id)
            ),
            tuple(directory / named.path for named in newest(group)),
        )
        for student, (first, *_), group in zip(
            _ids(list(groups.values())), groups.values(), groups.values(), strict=True
        )
    ]
    return sorted(found, key=lambda each: each.student.id)


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if not is_junk(path.name))


def _named(name: str, submitters: dict[str, list[gradescope.Submitter]]) -> list[Named]:
    """Who handed in what has this name: several where Gradescope knows of a group."""
    if name == gradescope.METADATA:
        return []
    known = submitters.get(name)
    return [Named(name, each.name, "gradescope", each.id, name) for each in known] if known else [recognise(name)]


def _ids(groups: list[list[Named]]) -> list[str]:
    """Unique, even where a file system does not tell capitals from small letters."""
    ids = [student_id("_".join(part for part in (first.student, first.platform_id) if part)) for first, *_ in groups]
    for number in _shared(ids):
        ids[number] = student_id(groups[number][0].path)  # with the suffix: alice/ and alice.zip
    while shared := _shared(ids):
        for number in shared:
            ids[number] = apart(ids[number], f"{groups[number][0].path}/{number}")
    return ids


def _shared(ids: list[str]) -> list[int]:
    """The places of ids that are there more than once."""
    counts = Counter(each.lower() for each in ids)
    return [number for number, each in enumerate(ids) if counts[each.lower()] > 1]
