"""Are the checks sharp: does each mutant fail one, and can each fail?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graders.clusters import RunningCluster
from graders.course import behaviour, kill_table, teeth
from graders.course.defect import Defect
from graders.course.mistake import of_mistakes
from graders.course.mutants import Mutant
from graders.course.trials import Trial
from graders.lab import Lab
from graders.result import Result

APART = 5  # the fifths of the order to which neighbours go


def of_mutants(mutants: Sequence[Mutant]) -> list[Trial]:
    """Those of workloads, which are made last, mostly wait: between any two come others, to keep the machine busy."""
    last_first = mutants[::-1]
    return [mutant.trial for start in range(APART) for mutant in last_first[start::APART]]


def defects(
    lab: Lab,
    mutants: Sequence[Mutant],
    results: Mapping[str, Result],
    options: Sequence[str],
    cluster: RunningCluster,
) -> Iterator[Defect]:
    """`results`: {name of a trial: its verdict}, of every mutant; of the mistakes where no mutant fails some check.

    `options`: as for `trials.verdicts`. `cluster`: connected.
    """
    graded = [(mutant, results[mutant.name]) for mutant in mutants]
    yield from kill_table.defects(lab, graded)
    tried = [trial for trial in (*of_mistakes(lab), *of_mutants(mutants)) if trial.name in results]
    yield from teeth.defects(lab, [(trial, results[trial.name]) for trial in tried], options)
    yield from behaviour.defects(lab, kill_table.equivalents(lab, graded), cluster)
