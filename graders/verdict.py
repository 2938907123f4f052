"""What a check found, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """`blocked`: a check that it needs failed. `error`: ours, never the student's."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"
    ERROR = "error"


class Wrong(AssertionError):
    """The submission does not do what the task asks. `seen` and `expected` are clauses, not sentences."""

    def __init__(self, seen: str, expected: str) -> None:
        self.seen = seen
        self.expected = expected
        super().__init__(f"seen: {seen}; expected: {expected}")


class GraderError(Exception):
    """Something of ours is broken: one sentence. It never becomes a score."""


def expect(holds: bool, *, seen: str, expected: str) -> None:
    """Fail the check with Wrong unless `holds`."""
    if not holds:
        raise Wrong(seen, expected)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why it is so, and what to do. `code` names the cause in one word; `final`: waiting longer cannot help."""

    code: str
    cause: str
    remedy: str
    final: bool = True


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`transcript`: every command of the check and its output, as typed by hand. `read`: where the text explains it.

    `seconds`: how long it took.
    """

    name: str
    title: str
    points: int
    outcome: Outcome
    seen: str = ""
    expected: str = ""
    diagnosis: Diagnosis | None = None
    transcript: str = ""
    read: str = ""
    seconds: float = 0.0

    @property
    def todo(self) -> str:
        """What to do next; "" when there is nothing."""
        if self.outcome is not Outcome.FAILED:
            return ""
        return (
            f"{self.diagnosis.cause} {self.diagnosis.remedy}" if self.diagnosis else f"see to it that {self.expected}"
        )


@dataclass(frozen=True, slots=True)
class Score:
    """Points of a graded submission. There is none while any check ended in an error."""

    points: int
    of: int


def score(results: Sequence[CheckResult]) -> Score | None:
    """The sum of the passed checks' points; None where an error keeps it from being known."""
    if not results or any(result.outcome is Outcome.ERROR for result in results):
        return None
    won = sum(result.points for result in results if result.outcome is Outcome.PASSED)
    return Score(won, sum(result.points for result in results))
