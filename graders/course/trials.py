"""What a course hands in to itself, graded as a class is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from graders.gradebook.book import STUDENTS, Gradebook, Intake, stored_name
from graders.gradebook.lock import locked
from graders.gradebook.pytest_run import Begun, EndedEarly
from graders.gradebook.pytest_run import graded as graded_class
from graders.gradebook.take_in import take_in
from graders.intake import collect
from graders.intake.keep import content_digest, digest, keep
from graders.intake.students import HandedIn
from graders.lab import Lab
from graders.result import Result, Status, Student
from graders.verdict import GraderError, Outcome

Progress = Callable[[int, int], None]  # (how many are done, of how many)


@dataclass(frozen=True, slots=True)
class Trial:
    """A submission of the course's own. `files`: {name: content}."""

    name: str
    files: dict[str, bytes]


# From a student it is refused, and scores 0. Here it is graded: no check may pass when nothing is there.
NOTHING = Trial("nothing", {"nothing.yaml": b"# nothing\n"})


def trial_of(name: str, path: Path) -> Trial:
    """Of a manifest, or of all that is in a directory."""
    if path.is_file():
        return Trial(name, {path.name: path.read_bytes()})
    files = sorted(each for each in path.rglob("*") if each.is_file())
    return Trial(name, {str(each.relative_to(path)): each.read_bytes() for each in files})


def graded(lab: Lab, trials: Sequence[Trial], options: Sequence[str], workers: int) -> Generator[tuple[Trial, Result]]:
    """Each with its verdict, in the order in which they end; they are begun in the order given.

    `options`: which cluster, as words of pytest's command line. `workers`: how many side by side. GraderError when it
    ends before everything is graded, or where one cannot be graded for a reason that is not the lab's.
    """
    with tempfile.TemporaryDirectory(prefix="labs-course-") as directory:
        book = Gradebook(Path(directory, "grades"))
        (book.directory / STUDENTS).mkdir(parents=True)
        by_id = {f"{number:04d}": trial for number, trial in enumerate(trials)}
        refused: list[tuple[Trial, Result]] = []

        def handed_in() -> Iterator[str]:
            for student, trial in by_id.items():
                invalid = _hand_in(lab, book, Student(id=student, name=trial.name), trial, Path(directory, student))
                if invalid:
                    refused.append((trial, invalid))
                yield student

        with locked(book.directory) as held:
            try:
                for event in graded_class(lab, book, handed_in(), options, workers, held):
                    if isinstance(event, Begun):
                        yield from refused
                    elif not event.again:
                        result = book.result(event.student)
                        assert result
                        _require_verdict(lab, result)
                        yield by_id[event.student], result
            except EndedEarly as error:
                raise GraderError(f"{lab.name} could not be graded: {_problem(book) or error.why}") from error


def verdicts(
    lab: Lab, trials: Sequence[Trial], options: Sequence[str], workers: int, progress: Progress
) -> dict[str, Result]:
    """{name of a trial: its verdict}. GraderError as above."""
    found: dict[str, Result] = {}
    progress(0, len(trials))
    for trial, result in graded(lab, trials, options, workers):
        found[trial.name] = result
        progress(len(found), len(trials))
    return found


def _require_verdict(lab: Lab, result: Result) -> None:
    if result.status is Status.ERROR and not any(check.outcome is Outcome.ERROR for check in result.checks):
        raise GraderError(f"{lab.name}: {result.student.name} could not be graded: {result.problem}")


def _problem(book: Gradebook) -> str:
    """Of the first that could not be graded; "" where none says why."""
    tried = (book.result(student) or book.unconfirmed(student) for student in book.ids())
    return next((result.problem for result in tried if result and result.status is Status.ERROR), "")


def _hand_in(lab: Lab, book: Gradebook, student: Student, trial: Trial, directory: Path) -> Result | None:
    """The verdict on one that is invalid."""
    for name, content in trial.files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if trial is not NOTHING:
        return take_in(lab, book, HandedIn(student, (directory,)))
    files = collect((directory,))
    kept = keep((directory,), book.folder(student.id) / stored_name(digest(files)))
    book.take_in(Intake(student=student, stored=kept.name, submission=digest(files), contents=content_digest(files)))
    return None
