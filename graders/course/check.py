"""Every rule on a lab, part by part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from graders.course import truth
from graders.course.defect import Defect
from graders.course.trials import graded
from graders.gradebook.workers import allowed
from graders.lab import Lab
from graders.result import Result, Status
from graders.verdict import GraderError, Outcome

Progress = Callable[[int, int], None]  # (how many are done, of how many)


class Part(StrEnum):
    """`complete`: what its files say. `true`: what comes of grading what is known."""

    COMPLETE = "complete"
    TRUE = "true"


class LabCheck:
    """`options`: which cluster, as words of pytest's command line. `workers`: side by side; 0: as many as suit."""

    def __init__(self, lab: Lab, options: Sequence[str], workers: int) -> None:
        self.lab = lab
        self._options = options
        self._workers = allowed(lab, workers, shared="pocket" not in options)[0]
        self._results: dict[str, Result] = {}

    def defects(self, part: Part, progress: Progress) -> list[Defect]:
        """GraderError where it cannot be found out."""
        if part is Part.TRUE:
            self._grade(progress)
            return list(truth.defects(self.lab, self._results))
        return []

    def _grade(self, progress: Progress) -> None:
        """What is known and the mutants together: the workers are started once."""
        if self._results:
            return
        trials = [*truth.trials_before(self.lab), *truth.trials_after(self.lab)]
        progress(0, len(trials))
        for trial, result in graded(self.lab, trials, self._options, self._workers):
            self._results[trial.name] = result
            progress(len(self._results), len(trials))
        for result in self._results.values():
            if result.status is Status.ERROR and not any(check.outcome is Outcome.ERROR for check in result.checks):
                raise GraderError(f"{self.lab.name}: {result.student.name} could not be graded: {result.problem}")
