"""What a check found, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """`blocked`: a check that it needs failed. `error`: ours, never the student's."""

    PASSED = "passed"
    FAILED = "failed"
    BLOCKED = "blocked"
    ERROR = "error"


class Wrong(AssertionError):
    """The submission does not do what the task asks. `seen` and `expected` are sentences, `remedy` what to do next."""

    def __init__(self, seen: str, expected: str, remedy: str = "", transcript: str = "") -> None:
        self.seen = seen
        self.expected = expected
        self.remedy = remedy
        self.transcript = transcript
        super().__init__(seen)

    def __str__(self) -> str:
        lines = [f"seen:     {self.seen}", f"expected: {self.expected}"]
        if self.remedy:
            lines.append(f"to do:    {self.remedy}")
        if self.transcript:
            lines += ["", self.transcript.rstrip()]
        return "\n".join(lines)


class GraderError(Exception):
    """Something of ours is broken: one sentence. It never becomes a score."""


def expect(holds: bool, *, seen: str, expected: str, remedy: str = "", transcript: str = "") -> None:
    """Fail the check with Wrong unless `holds`."""
    if not holds:
        raise Wrong(seen, expected, remedy, transcript)


@dataclass(frozen=True, slots=True)
class CheckResult:
    name: str
    title: str
    points: int
    outcome: Outcome
    text: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """Points of a graded submission. There is none while any check ended in an error."""

    points: int
    of: int


def score(results: list[CheckResult]) -> Score | None:
    """The sum of the passed checks' points; None where an error keeps it from being known."""
    if not results or any(result.outcome is Outcome.ERROR for result in results):
        return None
    won = sum(result.points for result in results if result.outcome is Outcome.PASSED)
    return Score(won, sum(result.points for result in results))
