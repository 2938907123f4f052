"""Is it graded as it should be: full marks for the solution, none for nothing, a mistake what its header declares?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from graders.course.defect import Defect
from graders.course.mistake import Mistake, mistakes, of_mistakes
from graders.course.trials import NOTHING, Trial, trial_of
from graders.grader_module import path_of, written_checks
from graders.lab import Lab
from graders.result import Result, Status
from graders.verdict import CheckResult, Outcome

FRESH = "the solution on a fresh cluster"
USED = ("the solution on a used cluster", "the solution once more")
STARTER = "the starter"
UNKNOWN = "none"  # what a header says where no diagnosis is expected


def trials_before(lab: Lab) -> list[Trial]:
    """The first of them meets a cluster that nobody has used."""
    solution = trial_of(FRESH, lab.directory / "solution")
    starter = trial_of(STARTER, lab.directory / "starter")
    return [solution, starter, NOTHING, *of_mistakes(lab)]


def trials_after(lab: Lab) -> list[Trial]:
    return [trial_of(name, lab.directory / "solution") for name in USED]


def defects(lab: Lab, results: Mapping[str, Result]) -> Iterator[Defect]:
    """`results`: {name of a trial: its verdict}, of those above."""
    for name in (FRESH, *USED):
        yield from _solution(lab, name, results[name])
    yield from _starter(lab, results[STARTER])
    yield from _nothing(lab, results[NOTHING.name])
    for mistake in mistakes(lab):
        yield from _mistake(lab, mistake, results[mistake.name])


def _solution(lab: Lab, name: str, result: Result) -> Iterator[Defect]:
    if result.status is Status.INVALID:
        yield Defect(lab.directory / "solution", 1, f"the solution is refused: {result.problem}")
    for check in _not(result, Outcome.PASSED):
        if check.outcome is not Outcome.BLOCKED:
            yield _at_check(lab, check, f"{name} does not pass `{check.name}`: {_told(check)}")


def _starter(lab: Lab, result: Result) -> Iterator[Defect]:
    if result.score and result.score.points == result.score.of:
        what = "the starter gets full marks: nothing is left to do. Take out what the task asks for."
        yield Defect(lab.directory / "starter", 1, what)
    yield from _broken(lab, result)


def _nothing(lab: Lab, result: Result) -> Iterator[Defect]:
    for check in result.checks:
        if check.outcome is Outcome.PASSED:
            what = f"`{check.name}` passes where nothing was handed in. Let it ask first for what the task demands."
            yield _at_check(lab, check, what)
    yield from _broken(lab, result)


def _mistake(lab: Lab, mistake: Mistake, result: Result) -> Iterator[Defect]:
    if result.status is Status.INVALID:
        yield Defect(mistake.path, 1, f"this mistake is refused before it is graded: {result.problem}")
        return
    broken = list(_broken(lab, result))
    yield from broken
    if broken or result.status is Status.ERROR:
        return
    failed = [check for check in result.checks if check.outcome is Outcome.FAILED]
    names = {check.name for check in failed}
    if names != set(mistake.fails):
        declared = ", ".join(mistake.fails) or "nothing"
        what = f"declared to fail {declared}, this mistake fails {', '.join(sorted(names)) or 'nothing'}."
        yield Defect(mistake.path, mistake.lines.get("fails", 1), what + _why(failed, mistake))
    codes = {check.diagnosis.code if check.diagnosis else UNKNOWN for check in failed}
    if failed and codes != {mistake.diagnosis}:
        what = f"declared as {mistake.diagnosis or 'nothing'}, this mistake is diagnosed as {', '.join(sorted(codes))}."
        yield Defect(mistake.path, mistake.lines.get("diagnosis", 1), what)


def _broken(lab: Lab, result: Result) -> Iterator[Defect]:
    """Checks that ended in an error of the grader's."""
    for check in result.checks:
        if check.outcome is Outcome.ERROR:
            yield _at_check(lab, check, f"with {result.student.name}, `{check.name}` breaks: {check.seen}")


def _not(result: Result, outcome: Outcome) -> list[CheckResult]:
    return [check for check in result.checks if check.outcome is not outcome]


def _why(failed: list[CheckResult], mistake: Mistake) -> str:
    beyond = next((check for check in failed if check.name not in mistake.fails), None)
    return f" {beyond.name}: {_told(beyond)}" if beyond else ""


def _told(check: CheckResult) -> str:
    expected = f"; expected: {check.expected}" if check.expected else ""
    return f"seen: {check.seen}{expected}."


def _at_check(lab: Lab, check: CheckResult, what: str) -> Defect:
    path: Path = path_of(lab)
    written = written_checks(lab).get(check.name)
    return Defect(path, written.line if written else 1, what)
