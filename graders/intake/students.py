"""Who handed in what, by the names in a directory of submissions."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

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
        remedy = "Unpack it first." if directory.exists() else "Name the directory with a folder or file per student."
        raise GraderError(f"{shown(str(directory))}: there is no such directory. {remedy}")
    try:
        names = sorted(path.name for path in directory.iterdir() if not is_junk(path.name))
    except OSError as error:
        raise GraderError(f"{shown(str(directory))}: it cannot be read: {error.strerror}.") from error
    groups: dict[tuple[str, str], list[Named]] = defaultdict(list)
    for name in names:
        named = recognise(name)
        groups[named.platform, named.platform_id or name].append(named)
    if not groups:
        raise GraderError(f"{shown(str(directory))}: nobody handed in. Name the directory with a folder per student.")
    ids = _ids(list(groups.values()))
    found = [
        HandedIn(
            Student(
                id=ids[each[0].path],
                name=shown(each[0].student),
                platform=each[0].platform,
                platform_id=each[0].platform_id,
            ),
            tuple(directory / named.path for named in newest(each)),
        )
        for each in groups.values()
    ]
    return sorted(found, key=lambda each: each.student.id)


def _ids(groups: list[list[Named]]) -> dict[str, str]:
    """{first path of a group: id}. Unique even where the file system does not tell capitals from small letters."""
    ids = {
        each[0].path: student_id("_".join(part for part in (each[0].student, each[0].platform_id) if part))
        for each in groups
    }
    twice = _shared(ids)
    ids |= {path: student_id(path) for path in twice}  # with the suffix: alice/ and alice.zip
    while twice := _shared(ids):
        ids |= {path: apart(ids[path], path) for path in twice}
    return ids


def _shared(ids: dict[str, str]) -> list[str]:
    """The paths whose id another one has as well."""
    counts = Counter(each.lower() for each in ids.values())
    return [path for path, each in ids.items() if counts[each.lower()] > 1]
