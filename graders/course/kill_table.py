"""Which check fails which mutant, and which mutants none does: a hole in the checks, or the same as the solution."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from graders.course.defect import Defect
from graders.course.lab_yaml import at_key, key_lines
from graders.course.mutants import Mutant
from graders.lab import Lab
from graders.result import Result, Status
from graders.verdict import Outcome

GradedMutant = tuple[Mutant, Result]
INVALID = "invalid"  # what cannot be read or is not allowed is killed before it is graded


def kill_table(graded: Iterable[GradedMutant]) -> dict[str, Counter[str]]:
    """{operator: {check, or INVALID: how many mutants it fails}}"""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for mutant, result in graded:
        table[mutant.operator].update(_failed(result))
    return dict(table)


def survivors(graded: Iterable[GradedMutant]) -> list[Mutant]:
    """Those that get full marks."""
    return [mutant for mutant, result in graded if result.score and result.score.points == result.score.of]


def equivalents(lab: Lab, graded: Iterable[GradedMutant]) -> list[Mutant]:
    """The survivors that the lab lists; whether they are equivalent is found out by `behaviour`."""
    return [mutant for mutant in survivors(graded) if mutant.name in lab.equivalent]


def defects(lab: Lab, graded: Sequence[GradedMutant]) -> Iterator[Defect]:
    """`graded`: every mutant with its verdict."""
    yield from _broken(graded)
    yield from _holes(lab, graded)
    yield from _listed_in_vain(lab, graded)


def _failed(result: Result) -> list[str]:
    if result.status is Status.INVALID:
        return [INVALID]
    return [check.name for check in result.checks if check.outcome is Outcome.FAILED]


def _broken(graded: Iterable[GradedMutant]) -> Iterator[Defect]:
    for mutant, result in graded:
        for check in result.checks:
            if check.outcome is Outcome.ERROR:
                what = f"with the mutant `{mutant.name}`, the check `{check.name}` breaks: {check.seen}"
                yield Defect(mutant.file, mutant.line, what)


def _holes(lab: Lab, graded: Iterable[GradedMutant]) -> Iterator[Defect]:
    for mutant in survivors(graded):
        if mutant.name not in lab.equivalent:
            what = f"the mutant `{mutant.name}` gets full marks. Let a check ask for what it does not do; or, where the"
            what += " task allows it, list it in lab.yaml under `equivalent`, with the reason."
            yield Defect(mutant.file, mutant.line, what)


def _listed_in_vain(lab: Lab, graded: Sequence[GradedMutant]) -> Iterator[Defect]:
    results = {mutant.name: result for mutant, result in graded}
    alive = {mutant.name for mutant in survivors(graded)}
    lines = key_lines(lab)
    for name in lab.equivalent:
        if name not in results:
            what = f"there is no mutant `{name}`. Take it out, or see `labs mutants {lab.name}`."
        elif name not in alive:
            by = ", ".join(_failed(results[name])) or results[name].status
            what = f"the mutant `{name}` is not equivalent: {by} kills it. Take it out."
        else:
            continue
        yield at_key(lab, lines, what, "equivalent", name)
