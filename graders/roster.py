"""Who is enrolled, from what a learning platform exports, and who of them handed in."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from graders.result import Result, Student
from graders.submission import printable
from graders.verdict import GraderError

Row = tuple[str, ...]

# What each platform, and people, call a column; compared without case, underscores and surplus spaces.
# https://community.canvaslms.com/t5/Instructor-Guide/How-do-I-export-grades-in-the-Gradebook/ta-p/809
# https://docs.moodle.org/en/Using_Assignment#Offline_marking
HEADINGS: dict[str, tuple[str, ...]] = {
    "name": ("student", "full name", "name", "student name"),
    "first name": ("first name", "firstname", "given name"),
    "last name": ("last name", "lastname", "surname", "family name"),
    "id": ("identifier", "id", "student id"),
    "number": ("sis user id", "id number", "student number"),
    "email": ("email address", "email", "e-mail"),
    "login": ("sis login id", "login", "login id", "username"),
}
KNOWN = {heading: meaning for meaning, headings in HEADINGS.items() for heading in headings}
SEPARATORS = ",;\t"

# https://github.com/instructure/canvas-lms/blob/master/app/models/gradebook_importer.rb
POINTS_POSSIBLE = "Points Possible"
NO_STUDENT = re.compile(r"\s*(muted|manual posting.*)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A student as the platform knows them; what it does not say is "".

    `id`: the platform's own. `number`: the institution's (Canvas: SIS User ID; Moodle: ID number). `row`: every cell as
    it was. `line`: where it ends in the file, counted from 1.
    """

    name: str
    id: str
    number: str
    email: str
    login: str
    row: Row
    line: int


@dataclass(frozen=True, slots=True)
class Roster:
    """`preamble`: rows of the file between the columns' titles and the first student, as they were."""

    platform: Literal["", "canvas", "moodle"]
    columns: Row
    preamble: tuple[Row, ...]
    enrolled: tuple[Enrolled, ...]


class Matching(NamedTuple):
    """`matched`: in the roster's order. `missing`: those of whom no submission can be. `unknown`: and why.

    Whoever an unknown submission could be of is in neither `matched` nor `missing`.
    """

    matched: tuple[tuple[Enrolled, Result], ...]
    missing: tuple[Enrolled, ...]
    unknown: tuple[tuple[Result, str], ...]


def read(path: Path) -> Roster:
    """A Canvas gradebook export, a Moodle grading worksheet, or a CSV file whose first line names its columns.

    GraderError, with file and line, when it is none of these.
    """
    shown = printable(str(path))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise GraderError(f"{shown}: the roster cannot be read: {error.strerror}. Name a CSV file.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise GraderError(f"{shown}:{line}: the roster is not UTF-8 text. Save it as CSV UTF-8.") from error
    rows = _rows(shown, text)
    line, columns = next(rows, (1, ()))
    meanings = _meanings(columns)
    if not meanings:
        known = "name, id, email, login"
        raise GraderError(f"{shown}:{line}: no column's title is known. Begin with a line such as {known}.")
    platform = _platform(columns)
    preamble: list[Row] = []
    enrolled: list[Enrolled] = []
    for line, row in rows:
        if len(row) > len(columns):
            what = f"{len(row)} cells under {len(columns)} titles. Put quotes around a cell that has a separator in it."
            raise GraderError(f"{shown}:{line}: {what}")
        full = row + ("",) * (len(columns) - len(row))
        if platform == "canvas" and _is_no_student(full):
            preamble.append(full)
        elif any(cell.strip() for cell in full):
            enrolled.append(_enrolled(shown, line, full, meanings))
    if not enrolled:
        raise GraderError(f"{shown}: nobody is on the roster. Export it again, with the students.")
    return Roster(platform, columns, tuple(preamble), tuple(enrolled))


def match(roster: Roster, results: Sequence[Result]) -> Matching:
    """By the platform's id; else by id, number, login or email; else by the email's local part; else by name.

    Where more than one on the roster is meant, or two submissions mean the same one, it is nobody's.
    """
    index = _Index(roster.enrolled)
    meant: dict[str, list[Enrolled]] = {}
    why: dict[str, str] = {}
    for result in sorted(results, key=lambda each: each.student.id):
        found, reason = index.find(result.student, roster.platform)
        meant[result.student.id] = found
        if len(found) != 1:
            why[result.student.id] = reason
    claims: defaultdict[int, list[str]] = defaultdict(list)
    for student, found in meant.items():
        if len(found) == 1:
            claims[found[0].line].append(student)
    for line, students in claims.items():
        if len(students) > 1:
            for student in students:
                why[student] = f"several submissions are of the student in line {line}: {', '.join(students)}"
    by_id = {result.student.id: result for result in results}
    possible = {each.line for found in meant.values() for each in found}
    return Matching(
        tuple((each, by_id[claims[each.line][0]]) for each in roster.enrolled if len(claims[each.line]) == 1),
        tuple(each for each in roster.enrolled if each.line not in possible),
        tuple((by_id[student], reason) for student, reason in sorted(why.items())),
    )


class _Index:
    """Whom an id, a login, an address or a name can mean."""

    def __init__(self, enrolled: Iterable[Enrolled]) -> None:
        self._platform_ids: defaultdict[str, list[Enrolled]] = defaultdict(list)
        self._identifiers: defaultdict[str, list[Enrolled]] = defaultdict(list)
        self._local_parts: defaultdict[str, list[Enrolled]] = defaultdict(list)
        self._names: defaultdict[str, list[Enrolled]] = defaultdict(list)
        for each in enrolled:
            self._platform_ids[each.id].append(each)
            for identifier in {_folded(text) for text in (each.id, each.number, each.login, each.email)}:
                self._identifiers[identifier].append(each)
            self._local_parts[_folded(each.email.partition("@")[0])].append(each)
            for name in _names(each.name):
                self._names[name].append(each)

    def find(self, student: Student, platform: str) -> tuple[list[Enrolled], str]:
        """Everyone that it can be, and why that is not exactly one."""
        if student.platform_id and student.platform == platform:
            found = self._platform_ids.get(student.platform_id, [])
            return found, _why(found, f"nobody on the roster has {platform}'s id {printable(student.platform_id)}")
        handles = [_folded(text) for text in (student.id, student.name)]
        names = [name for text in (student.name, student.id) for name in _names(text)]
        tries = ((self._identifiers, handles), (self._local_parts, handles), (self._names, names))
        for index, keys in tries:
            found = list({each.line: each for key in keys if key for each in index.get(key, ())}.values())
            if found:
                return found, _why(found, "")
        return [], "nobody on the roster has this id, login, email or name"


def _why(found: Sequence[Enrolled], otherwise: str) -> str:
    lines = ", ".join(str(line) for line in sorted(each.line for each in found))
    return f"several on the roster can be meant: lines {lines}" if len(found) > 1 else otherwise


def _rows(shown: str, text: str) -> Iterator[tuple[int, Row]]:
    """(line, cells) of every row that has any."""
    heading = text.partition("\n")[0].rstrip("\r")
    separator = max(SEPARATORS, key=lambda each: len(_meanings(tuple(heading.split(each)))))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, tuple(row)
    except csv.Error as error:
        raise GraderError(f"{shown}:{reader.line_num}: the roster is not CSV: {error}. Export it again.") from error


def _meanings(columns: Row) -> dict[str, int]:
    """{what a column is: where it stands}, the first of each."""
    meanings: dict[str, int] = {}
    for number, title in enumerate(columns):
        meaning = KNOWN.get(_heading(title))
        if meaning:
            meanings.setdefault(meaning, number)
    return meanings


def _heading(title: str) -> str:
    return " ".join(title.strip(' "').replace("_", " ").casefold().split())


def _platform(columns: Row) -> Literal["", "canvas", "moodle"]:
    headings = {_heading(title) for title in columns}
    if {"id", "section"} <= headings and headings & {"student", "lastname"}:
        return "canvas"
    return "moodle" if {"identifier", "grade"} <= headings else ""


def _is_no_student(row: Row) -> bool:
    return POINTS_POSSIBLE in row[0] or all(NO_STUDENT.fullmatch(cell) for cell in row)


def _enrolled(shown: str, line: int, row: Row, meanings: dict[str, int]) -> Enrolled:
    cells = {meaning: row[number].strip() for meaning, number in meanings.items()}
    if not any(cells.values()):
        raise GraderError(f"{shown}:{line}: a row without name, id, email and login. Remove it, or fill it in.")
    first, last = cells.get("first name", ""), cells.get("last name", "")
    name = cells.get("name", "") or (f"{last}, {first}" if first and last else first or last)
    participant = re.fullmatch(r"\D+ (\d+)", cells.get("id", ""))  # Moodle: "Participant 123456", in any language
    identifier = participant[1] if participant else cells.get("id", "")
    return Enrolled(
        name, identifier, cells.get("number", ""), cells.get("email", ""), cells.get("login", ""), row, line
    )


def _folded(text: str) -> str:
    return text.strip().casefold()


def _names(name: str) -> set[str]:
    """A name's letters alone, without case and accents, both with the last name last and with it first."""
    last, comma, first = name.partition(",")
    words = name.split()
    orders = {name, f"{first} {last}" if comma else " ".join(words[-1:] + words[:-1])}
    return {letters for each in orders if (letters := _letters(each))}


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if each.isalnum())
