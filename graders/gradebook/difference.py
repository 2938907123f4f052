"""What a student would notice between two verdicts on the same submission."""

from __future__ import annotations

from graders.result import Result
from graders.submission import printable


def differences(one: Result, other: Result) -> list[str]:
    """A line each, `what: one -> other`: the status, the score, and of each check its outcome and its cause."""
    if one.status != other.status:
        return [f"status: {one.status} -> {other.status}"]
    left, right = _by_check(one), _by_check(other)
    lines = [
        f"{name}: {left.get(name)} -> {right.get(name)}" for name in left | right if left.get(name) != right.get(name)
    ]
    if one.score != other.score:
        lines.append(f"score: {_points(one)} -> {_points(other)}")
    if one.problem != other.problem:
        lines.append(f"problem: {printable(one.problem)} -> {printable(other.problem)}")
    return lines


def _by_check(result: Result) -> dict[str, str]:
    """{check: its outcome, and why}"""
    return {
        check.name: f"{check.outcome} ({check.diagnosis.code})" if check.diagnosis else str(check.outcome)
        for check in result.checks
    }


def _points(result: Result) -> str:
    return f"{result.score.points}/{result.score.of}" if result.score else "none"
