"""Every rule on a lab, part by part."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil

from graders.clusters import RunningCluster
from graders.clusters.choose import for_workers
from graders.course import sharp, truth
from graders.course.complete import complete
from graders.course.defect import Defect
from graders.course.document import verify
from graders.course.mutants import Mutant, mutants
from graders.course.part import Part
from graders.course.trials import Progress, verdicts
from graders.gradebook.workers import allowed
from graders.lab import Lab
from graders.result import Result


class LabCheck:
    """`parts`: that will be asked for. `cluster`: connected.

    `workers`: gradings side by side, 0 for as many as suit the machine; it carries `at_once` labs.
    """

    def __init__(
        self, lab: Lab, parts: Collection[Part], cluster: RunningCluster, workers: int, at_once: int = 1
    ) -> None:
        self.lab = lab
        self.parts = parts
        self._cluster = cluster
        self._options = for_workers(cluster)
        self._workers = ceil(allowed(lab, workers, shared=not cluster.embedded)[0] / at_once)
        self._mutants: list[Mutant] = []
        self._results: dict[str, Result] = {}

    def defects(self, part: Part, progress: Progress) -> list[Defect]:
        """GraderError where it cannot be found out."""
        match part:
            case Part.COMPLETE:
                return list(complete(self.lab))
            case Part.TRUE:
                self._grade(progress)
                return list(truth.defects(self.lab, self._results))
            case Part.SHARP:
                self._grade(progress)
                return list(sharp.defects(self.lab, self._mutants, self._results, self._options, self._cluster))
            case Part.TEXT:
                return verify(self.lab.directory / "README.md", self._cluster)

    def _grade(self, progress: Progress) -> None:
        """What is known and the mutants together: the workers are started once."""
        if self._results:
            return
        self._mutants = mutants(self.lab) if Part.SHARP in self.parts else []
        trials = [
            *truth.trials_before(self.lab),
            *sharp.of_mutants(self._mutants),
            *truth.trials_after(self.lab),
        ]
        self._results = verdicts(self.lab, trials, self._options, self._workers, progress)
