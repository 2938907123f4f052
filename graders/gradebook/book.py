"""The gradebook as a directory: where each student's files are, read and written."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from graders import atomic
from graders.intake import collect
from graders.intake.keep import digest
from graders.result import Part, Result, Student
from graders.submission import Document, objects
from graders.verdict import GraderError

STUDENTS = "students"
EARLIER = "earlier"


class Intake(Part):
    """Who handed in, and what: `stored` is the name of the file that keeps it, `submission` and `contents` its digests.

    `invalid`: why it cannot be graded, "" where it can.
    """

    student: Student
    stored: str
    submission: str
    contents: str
    invalid: str = ""


class Gradebook:
    """Every method that reads raises GraderError for a file that is not as this program writes it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def ids(self) -> list[str]:
        """Of every student whose submission was taken in, sorted."""
        return sorted(path.parent.name for path in (self.directory / STUDENTS).glob("*/intake.json"))

    def folder(self, student: str) -> Path:
        return self.directory / STUDENTS / student

    def intake(self, student: str) -> Intake:
        path = self.folder(student) / "intake.json"
        try:
            return Intake.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise unreadable(path, error) from error

    def stored(self, student: str) -> Path:
        """The bytes as they were handed in."""
        return self.folder(student) / self.intake(student).stored

    def bytes_of(self, result: Result) -> Path:
        """Those that a verdict is on, also where the student has handed in again since."""
        folder = self.folder(result.student.id)
        name = stored_name(result.key.submission)
        found = sorted(folder.glob(f"{name}.*"))
        if not found:
            raise GraderError(f"{folder} has no {name}.*: the bytes that were graded are gone.")
        return found[0]

    def documents(self, student: str) -> list[Document]:
        """What was handed in, read anew from the bytes that were kept; GraderError where they are others now."""
        files = collect([self.stored(student)])
        if digest(files) != self.intake(student).submission:
            raise GraderError(f"{self.stored(student)} has changed since it was handed in. Hand it in again.")
        return objects(files)

    def take_in(self, intake: Intake) -> None:
        atomic.write_text(self.folder(intake.student.id) / "intake.json", intake.model_dump_json(indent=1) + "\n")

    def result(self, student: str) -> Result | None:
        return _read(self.folder(student) / "result.json")

    def unconfirmed(self, student: str) -> Result | None:
        """A first verdict that is still to be repeated alone."""
        return _read(self.folder(student) / "unconfirmed.json")

    def keep(self, result: Result) -> None:
        """The verdict that counts; the one before it is set aside."""
        folder = self.folder(result.student.id)
        self.set_aside(result.student.id)
        atomic.write_text(folder / "result.json", result.to_json())
        (folder / "unconfirmed.json").unlink(missing_ok=True)

    def keep_unconfirmed(self, result: Result) -> None:
        atomic.write_text(self.folder(result.student.id) / "unconfirmed.json", result.to_json())

    def set_aside(self, student: str) -> None:
        """So that it is graded anew: the verdict that there is moves to earlier/."""
        found = self.result(student)
        if found is None:
            return
        earlier = self.folder(student) / EARLIER
        earlier.mkdir(exist_ok=True)
        numbers = [int(path.stem.removeprefix("result-")) for path in earlier.glob("result-*.json")]
        number = max(numbers, default=0) + 1
        (self.folder(student) / "result.json").rename(earlier / f"result-{number}.json")

    def require_lab(self, name: str) -> None:
        """GraderError where it holds verdicts on another lab."""
        for result in self.results():
            if result.lab.name != name:
                what = f"{self.directory} holds verdicts on the lab {result.lab.name}, not {name}."
                raise GraderError(f"{what} Each lab has a gradebook of its own: name another one.")

    def results(self) -> list[Result]:
        """Of every student who has one, by id."""
        return [result for student in self.ids() if (result := self.result(student))]


def stored_name(submission: str) -> str:
    """Of the file that keeps what was handed in, without its suffix; `submission` is its digest."""
    return f"submission-{submission[:12]}"


def _read(path: Path) -> Result | None:
    try:
        return Result.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> GraderError:
    what = str(error).splitlines()[0]
    return GraderError(f"{path} cannot be read: {what}. Remove it, and what it held is graded anew.")
