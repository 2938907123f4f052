"""`pytest --course [labs/NAME…]`: each part of a lab is a test, and its failure lists the defects."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graders.course.annotation import annotation
from graders.course.check import LabCheck, Part
from graders.course.defect import Defect
from graders.lab import ROOT, load, names
from graders.session import EXIT_ERROR
from graders.submission import printable
from graders.verdict import GraderError


class CourseChecking:
    """Collects labs in the place of their checks. `options`: which cluster, as words of pytest's command line."""

    def __init__(self, options: list[str]) -> None:
        self.options = options
        self._found: list[Defect] = []
        self._no_answer = False

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        if path.parent != ROOT or path.name not in names():
            return None
        collector: LabToCheck = LabToCheck.from_parent(parent, path=path)
        collector.options = self.options
        return collector

    @pytest.hookimpl(tryfirst=True)
    def pytest_exception_interact(self, call: pytest.CallInfo[None]) -> None:
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, DefectsFound):
            self._found += error.defects
        self._no_answer |= isinstance(error, GraderError | pytest.Collector.CollectError)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._no_answer:
            session.exitstatus = EXIT_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for defect in self._found if os.environ.get("GITHUB_ACTIONS") == "true" else ():
            terminalreporter.line(annotation(defect))


class DefectsFound(Exception):
    def __init__(self, defects: list[Defect]) -> None:
        self.defects = defects
        super().__init__("\n".join(printable(str(defect)) for defect in defects))


class LabToCheck(pytest.Directory):
    options: list[str]

    def collect(self) -> Iterator[pytest.Item]:
        try:
            checking = LabCheck(load(self.path), self.options, 0)
        except GraderError as error:
            raise self.CollectError(str(error)) from error
        for part in Part:
            item: PartToCheck = PartToCheck.from_parent(self, name=str(part))
            item.checking, item.part = checking, part
            yield item


class PartToCheck(pytest.Item):
    checking: LabCheck
    part: Part

    def runtest(self) -> None:
        defects = self.checking.defects(self.part, lambda _done, _of: None)
        if defects:
            raise DefectsFound(defects)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        expected = isinstance(excinfo.value, DefectsFound | GraderError)
        return str(excinfo.value) if expected else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.checking.lab.name}: {self.part}"


def labs_named(config: pytest.Config) -> list[str]:
    """The directories of the labs that the command line names; of all where it names none. UsageError."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return [str(ROOT / name) for name in names()]
    chosen: list[str] = []
    for argument in config.args:
        directory = Path(str(argument)).resolve()
        if directory == ROOT:
            chosen += [str(ROOT / name) for name in names()]
        elif directory.parent == ROOT and directory.name in names():
            chosen.append(str(directory))
        else:
            what = "is no lab. Name labs, as in `pytest --course labs/NAME`, or none for all."
            raise pytest.UsageError(f"{printable(str(argument))} {what}")
    return chosen
