"""Are the checks sharp: does each mutant fail one, and can each fail?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graders.clusters import RunningCluster
from graders.course import behaviour, kill_table, teeth
from graders.course.defect import Defect
from graders.course.mistake import mistakes
from graders.course.mutants import Mutant
from graders.course.trials import Trial, trial_of
from graders.lab import Lab
from graders.result import Result

APART = 8  # among as many neighbours, at most one waits for long


def trials(lab: Lab, mutants: Sequence[Mutant]) -> list[Trial]:
    """What has to be graded to find it out."""
    return [*(trial_of(each.name, each.path) for each in mistakes(lab)), *of_mutants(mutants)]


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
    """`results`: {name of a trial: its verdict}, at least of those above.

    `options`: as for `trials.verdicts`. `cluster`: connected.
    """
    graded = [(mutant, results[mutant.name]) for mutant in mutants]
    yield from kill_table.defects(lab, graded)
    yield from teeth.defects(lab, [(trial, results[trial.name]) for trial in trials(lab, mutants)], options)
    yield from behaviour.defects(lab, kill_table.equivalents(lab, graded), cluster)
