"""`pytest --course [labs/NAME…]`: a test for each part of a lab and each tutorial; its failure lists the defects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from graders.clusters import NoCluster, RunningCluster
from graders.clusters.choose import choose
from graders.course.annotation import as_annotations
from graders.course.check import LabCheck
from graders.course.course_itself import refuse_students_copy
from graders.course.defect import Defect
from graders.course.document import verify
from graders.course.part import Part
from graders.course.tutorials import tutorials
from graders.lab import ROOT, load, names
from graders.session import EXIT_ERROR
from graders.submission import printable
from graders.verdict import GraderError


class CourseChecking:
    """Collects labs in the place of their checks, and tutorials."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._cluster: RunningCluster | None = None
        self._found: list[Defect] = []
        self._no_answer = False

    def cluster(self) -> RunningCluster:
        """The one that the command line asks for, connected; NoCluster."""
        if self._cluster is None:
            self._cluster = choose(self._config)
            self._cluster.connect()
        return self._cluster

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if path.parent != ROOT or path.name not in names():
            return None
        collector: LabToCheck = LabToCheck.from_parent(parent, path=path)
        collector.checking = self
        return collector

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if file_path not in (path.resolve() for path in tutorials()):
            return None
        collector: Tutorial = Tutorial.from_parent(parent, path=file_path)
        collector.checking = self
        return collector

    @pytest.hookimpl(tryfirst=True)
    def pytest_exception_interact(self, call: pytest.CallInfo[None]) -> None:
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, DefectsFound):
            self._found += error.defects
        self._no_answer |= isinstance(error, GraderError | NoCluster | pytest.Collector.CollectError)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._no_answer:
            session.exitstatus = EXIT_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for line in as_annotations(self._found):
            terminalreporter.line(line)

    def pytest_unconfigure(self) -> None:
        if self._cluster:
            self._cluster.end()


class DefectsFound(Exception):
    def __init__(self, defects: list[Defect]) -> None:
        self.defects = defects
        super().__init__("\n".join(printable(str(defect)) for defect in defects))


class LabToCheck(pytest.Directory):
    checking: CourseChecking

    def collect(self) -> Iterator[pytest.Item]:
        try:
            lab = load(self.path)
        except GraderError as error:
            raise self.CollectError(str(error)) from error
        made: list[LabCheck] = []  # with the first part that runs; the others go on with what it has graded

        def defects(part: Part) -> list[Defect]:
            if not made:
                asked = [Part(item.name) for item in self.session.items if item.parent is self]
                made.append(LabCheck(lab, asked, self.checking.cluster(), 0))
            return made[0].defects(part, lambda _done, _of: None)

        for part in Part:
            yield _item(self, str(part), partial(defects, part))


class Tutorial(pytest.File):
    checking: CourseChecking

    def collect(self) -> Iterator[pytest.Item]:
        yield _item(self, str(Part.TEXT), lambda: verify(self.path, self.checking.cluster()))


def _item(parent: pytest.Collector, name: str, defects: Callable[[], list[Defect]]) -> pytest.Item:
    item: PartToCheck = PartToCheck.from_parent(parent, name=name)
    item.defects = defects
    return item


class PartToCheck(pytest.Item):
    defects: Callable[[], list[Defect]]

    def runtest(self) -> None:
        found = self.defects()
        if found:
            raise DefectsFound(found)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        expected = isinstance(excinfo.value, DefectsFound | GraderError | NoCluster)
        return str(excinfo.value) if expected else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name}: {self.name}"


def to_check(config: pytest.Config) -> list[str]:
    """The directories of the labs that the command line names; where it names none, of all, and the tutorials.

    UsageError for what is no lab, GraderError in the students' copy.
    """
    refuse_students_copy()
    everything = [str(ROOT / name) for name in names()]
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return [*everything, *map(str, tutorials())]
    chosen: list[str] = []
    for argument in config.args:
        directory = Path(str(argument)).resolve()
        if directory == ROOT:
            chosen += everything
        elif directory.parent == ROOT and directory.name in names():
            chosen.append(str(directory))
        else:
            what = "is no lab. Name labs, as in `pytest --course labs/NAME`, or none for all."
            raise pytest.UsageError(f"{printable(str(argument))} {what}")
    return chosen
