"""`summary.md`: what an instructor wants to know of a class at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import mean, median

from graders.reports import identical, wording
from graders.reports.escaping import markdown
from graders.result import Result, Status
from graders.roster import Enrolled, Roster, match
from graders.verdict import Diagnosis, Outcome

MOST_DIAGNOSES = 10
LONGEST_BAR = 30  # characters
MOST_BARS = 21  # 0 to 20 points; above that, bars are of 10 %


def render(results: Sequence[Result], roster: Roster | None) -> str:
    """Markdown (CommonMark with GFM's tables)."""
    ordered = sorted(results, key=lambda each: each.student.id)
    lines = [*_counts(ordered), *_histogram(ordered), *_diagnoses(ordered), *_look(ordered)]
    if roster:
        lines += _roster(ordered, roster)
    return "\n".join([*lines, *_identical(ordered)]) + "\n"


def _counts(results: Sequence[Result]) -> Iterator[str]:
    title = markdown(results[0].lab.title) if results else "Nothing is graded yet"
    yield from (f"# {title}", "", "| submissions | number |", "|---|---:|")
    for status in Status:
        yield f"| {status} | {sum(result.status is status for result in results)} |"
    yield f"| together | {len(results)} |"
    points = [score for result in results if (score := wording.points(result)) is not None]
    if points:
        middle = f"mean {mean(points):.1f}, median {median(points):.1f}"
        yield from ("", f"Points of {results[0].lab.points}, with invalid as 0: {middle}.")


def _histogram(results: Sequence[Result]) -> Iterator[str]:
    of = max((result.lab.points for result in results), default=0)
    points = [score for result in results if (score := wording.points(result)) is not None]
    if not points:
        return
    most = max(of, *points)
    width = 1 if most < MOST_BARS else -(-most // 10)
    counts = Counter(score // width for score in points)
    highest = max(counts.values())
    yield from ("", "## Scores", "", "| points | students | |", "|---:|---:|---|")
    for number in range(most // width + 1):
        last = min(number * width + width - 1, most)
        label = f"{number * width}" if width == 1 else f"{number * width} to {last}"
        bar = "█" * -(-counts[number] * LONGEST_BAR // highest)
        yield f"| {label} | {counts[number]} | {bar} |"


def _diagnoses(results: Sequence[Result]) -> Iterator[str]:
    students: Counter[str] = Counter()
    examples: dict[str, Diagnosis] = {}
    for result in results:
        failed = [check.diagnosis for check in result.checks if check.outcome is Outcome.FAILED and check.diagnosis]
        for each in failed:
            examples.setdefault(each.code, each)
        students.update({each.code for each in failed})
    if not students:
        return
    yield from ("", "## Most frequent diagnoses", "", "| students | diagnosis | for example |", "|---:|---|---|")
    for code, count in sorted(students.items(), key=lambda item: (-item[1], item[0]))[:MOST_DIAGNOSES]:
        yield f"| {count} | {markdown(code)} | {markdown(examples[code].cause)} |"


def _look(results: Sequence[Result]) -> Iterator[str]:
    notes = [(result, note) for result in results for note in _notes(result)]
    if not notes:
        return
    yield from ("", "## For a person to look at", "")
    for result, note in notes:
        yield f"- {_who(result)}: {markdown(note)}"


def _notes(result: Result) -> Iterator[str]:
    if result.status is Status.ERROR:
        errors = [check.seen for check in result.checks if check.outcome is Outcome.ERROR]
        yield f"error, no score: {result.problem or '; '.join(errors)}"
    for limit in result.limits:
        yield f"limit: {limit}"
    if result.first_try and result.first_try != wording.in_a_line(result):
        yield f"changed when it was repeated alone: {result.first_try}; then {wording.in_a_line(result)}"


def _roster(results: Sequence[Result], roster: Roster) -> Iterator[str]:
    matching = match(roster, results)
    yield from ("", f"## Roster: {len(roster.enrolled)} enrolled, {len(matching.matched)} of them graded", "")
    yield f"Missing: {len(matching.missing)}"
    for enrolled in matching.missing:
        yield f"- {_enrolled(enrolled)}"
    if matching.unknown:
        yield from ("", f"Not assigned to anybody on the roster: {len(matching.unknown)}")
        for result, why in matching.unknown:
            yield f"- {_who(result)}: {markdown(why)}"


def _identical(results: Sequence[Result]) -> Iterator[str]:
    groups = identical.groups(results)
    if not groups:
        return
    yield from ("", "## Identical submissions", "")
    yield "Noted without a verdict: short tasks have few right answers."
    for group in groups:
        yield f"- {len(group)}: {', '.join(markdown(student) for student in group)}"


def _who(result: Result) -> str:
    student = result.student
    return markdown(student.id if student.id == student.name else f"{student.id} ({student.name})")


def _enrolled(enrolled: Enrolled) -> str:
    known = [each for each in (enrolled.name, enrolled.id or enrolled.number, enrolled.login, enrolled.email) if each]
    return markdown(", ".join(known))
