"""Do two clusters come to the same verdicts, from the same answers?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from graders.course.answers import differing_answers
from graders.gradebook.difference import differences
from graders.result import Result


def compared(one: Mapping[str, Result], other: Mapping[str, Result], nodes: Collection[str]) -> Iterator[str]:
    """A line for each difference. `one`, `other`: {name of a trial: its verdict}; `nodes`: of both clusters."""
    for name in one:
        lines = differences(one[name], other[name]) or differing_answers(one[name], other[name], nodes)
        yield from (f"{name}: {line}" for line in lines)
