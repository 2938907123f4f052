"""Can every check fail? One that no mutant and no mistake ever fails says nothing about a submission."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from graders.course.defect import Defect
from graders.course.trials import Trial, graded
from graders.grader_module import path_of, written_checks
from graders.lab import Lab
from graders.result import Result
from graders.verdict import CheckResult, Outcome

Tried = tuple[Trial, Result]
MOST = 4  # submissions with which a check is asked alone
ONE_PROCESS = 0  # so few are graded sooner than others are started


def defects(lab: Lab, tried: Sequence[Tried], options: Sequence[str]) -> Iterator[Defect]:
    """`tried`: mistakes and mutants with their verdicts. `options`: as for `trials.verdicts`.

    A check that is blocked wherever it might fail is asked alone, without those that it needs.
    """
    quiet = never_failed(lab, [result for _, result in tried])
    while quiet and (chosen := _where_blocked(tried, quiet)):
        before, quiet = quiet, _never_alone(lab, chosen, quiet, options)
        if quiet == before:
            break
    for name in quiet:
        check = written_checks(lab)[name]
        what = (
            f"no mutant and no mistake fails `{name}`, also where it is asked alone: nobody knows whether it can fail."
        )
        yield Defect(path_of(lab), check.line, f"{what} Write a mistake that does, or leave the check out.")


def never_failed(lab: Lab, results: Sequence[Result]) -> list[str]:
    """Names of the checks that were run and failed none of these."""
    run = {check.name for result in results for check in result.checks}  # not each is where DNS stays as it is
    return _never(Outcome.FAILED, results, (name for name in written_checks(lab) if name in run))


def _never_alone(lab: Lab, trials: Sequence[Trial], names: list[str], options: Sequence[str]) -> list[str]:
    """Those that none of the submissions fails where only these checks are run."""
    alone = [*options, "-k", " or ".join(f"test_{name}" for name in names)]
    with closing(graded(lab, trials, alone, ONE_PROCESS)) as tried:
        for _, result in tried:
            names = _never(Outcome.FAILED, [result], names)
            if not names:
                break
    return names


def _never(outcome: Outcome, results: Iterable[Result], names: Iterable[str]) -> list[str]:
    met = {check.name for result in results for check in result.checks if check.outcome is outcome}
    return [name for name in names if name not in met]


def _where_blocked(tried: Sequence[Tried], names: Sequence[str]) -> list[Trial]:
    """Those that come furthest in spite of it, in each another thing to be seen."""
    found: dict[tuple[str, ...], Trial] = {}
    for trial, result in sorted(tried, key=lambda each: -_count(each[1], Outcome.PASSED)):
        blocked = {check.name for check in result.checks if check.outcome is Outcome.BLOCKED}
        if blocked.intersection(names):
            found.setdefault(_seen(result.checks), trial)
    return list(found.values())[:MOST]


def _seen(checks: Sequence[CheckResult]) -> tuple[str, ...]:
    return tuple(f"{check.name}: {check.seen}" for check in checks if check.outcome is Outcome.FAILED)


def _count(result: Result, outcome: Outcome) -> int:
    return sum(check.outcome is outcome for check in result.checks)
