"""`feedback.md`: what a student reads of the own submission."""

from __future__ import annotations

from collections.abc import Iterator

from graders.reports import wording
from graders.reports.escaping import fenced, line, markdown
from graders.result import Result
from graders.verdict import CheckResult, Outcome


def render(result: Result) -> str:
    """Markdown (CommonMark with GFM's tables)."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Result) -> Iterator[str]:
    yield f"# {markdown(result.lab.title)}"
    yield ""
    yield f"**Result:** {markdown(wording.headline(result))}"
    for limit in result.limits:
        yield f"- limit: {markdown(limit)}"
    if result.checks:
        yield from ("", "| points | outcome | check |", "|---:|---|---|")
        for check in result.checks:
            won = "?" if check.outcome is Outcome.ERROR else wording.won(check)
            yield f"| {won}/{check.points} | {check.outcome} | {markdown(check.title)} |"
    for check in result.checks:
        if check.outcome is not Outcome.PASSED:
            yield from _not_passed(check)
    yield ""
    yield f"Graded on {markdown(result.began)}. Submission: `sha256:{line(result.key.submission)}`"


def _not_passed(check: CheckResult) -> Iterator[str]:
    yield from ("", f"## {check.outcome}: {markdown(check.title)}")
    for label, text in wording.details(check):
        yield f"- **{label}:** {markdown(text)}"
    if check.transcript:
        yield from ("", fenced(check.transcript))
