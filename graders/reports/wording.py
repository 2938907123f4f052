"""What every report says in the same words."""

from __future__ import annotations

from graders.result import Result, Status
from graders.verdict import CheckResult, Outcome

NOT_YOUR_FAULT = (
    "It could not be graded, because of an error of the grader or the cluster and not of the submission. "
    "There is no score; a person will look at it."
)


def verdict(result: Result) -> str:
    """In a word: `7/10`, `invalid` or `error`."""
    return f"{result.score.points}/{result.score.of}" if _is_graded(result) and result.score else result.status.value


def in_a_line(result: Result) -> str:
    """The verdict and which checks failed, or why there is none: as `first_try` keeps it."""
    if result.score is None:
        return f"{result.status}: {result.problem}"
    failed = ", ".join(check.name for check in result.checks if check.outcome is Outcome.FAILED)
    return f"{result.score.points}/{result.score.of}" + (f", failed: {failed}" if failed else "")


def is_unexplained(result: Result) -> bool:
    """An error that none of the checks shows."""
    return result.status is Status.ERROR and all(check.outcome is not Outcome.ERROR for check in result.checks)


def headline(result: Result) -> str:
    """A sentence or two. The problem in it may hold what the student wrote."""
    if _is_graded(result) and result.score:
        return f"{result.score.points} of {result.score.of} points."
    if result.status is Status.INVALID:
        return f"0 of {result.lab.points} points: the submission is invalid. {result.problem}"
    return NOT_YOUR_FAULT


def points(result: Result) -> int | None:
    """None where there is no score."""
    if result.status is Status.INVALID:
        return 0
    return result.score.points if _is_graded(result) and result.score else None


def won(check: CheckResult) -> int:
    """Nothing, too, where an error keeps it from being known: the submission then has no score."""
    return check.points if check.outcome is Outcome.PASSED else 0


def details(check: CheckResult) -> list[tuple[str, str]]:
    """(label, text) of what there is to say of a check that did not pass."""
    if check.outcome is Outcome.ERROR:
        return [("error", f"the grader's or the cluster's, not the submission's: {check.seen}")]
    read = f"labs/{check.read}" if check.read else ""
    texts = (("seen", check.seen), ("expected", check.expected), ("to do", check.todo), ("read", read))
    return [(label, text) for label, text in texts if text]


def first_todo(result: Result) -> str:
    """Of the first check that failed; "" when none did."""
    return next((check.todo for check in result.checks if check.outcome is Outcome.FAILED), "")


def _is_graded(result: Result) -> bool:
    return result.status is Status.GRADED
