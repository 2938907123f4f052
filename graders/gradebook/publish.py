"""Reports of a gradebook, each into its file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from graders import atomic, roster
from graders.gradebook.book import STUDENTS, Gradebook
from graders.reports.formats import FORMATS, OfClass

ROSTER = "roster.csv"  # as it was given, for later reports
ALWAYS = ("feedback", "grades", "summary")


def keep_roster(book: Gradebook, path: Path) -> None:
    """For this and later reports; GraderError for what is no roster, and then nothing is changed."""
    roster.read(path)
    atomic.write(book.directory / ROSTER, path.read_bytes())


def publish(book: Gradebook, names: Iterable[str]) -> list[Path]:
    """Write the reports of these names; returns the files, those of each student as a pattern."""
    results = book.results()
    kept = book.directory / ROSTER
    enrolled = roster.read(kept) if kept.exists() else None
    written = []
    for name in names:
        report = FORMATS[name]
        if isinstance(report, OfClass):
            written.append(book.directory / report.file)
            atomic.write_text(written[-1], report.render(results, enrolled))
            continue
        written.append(book.directory / STUDENTS / "*" / report.file)
        for result in results:
            text = report.render(result)
            if text is not None:
                atomic.write_text(book.folder(result.student.id) / report.file, text)
    return written
