"""Where values contradict each other in a document, which of them are wrong: as few as possible.

What contradicts is noticed at the second place, but it may be the first that is wrong: if the text has an address once
so and five times otherwise, the one is the mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graders.course.document.bindings import Bindings
from graders.course.document.matching import At, Comparison, Match, matches

Place = tuple[int, At]  # number of the comparison, record in it


def read_side_by_side(comparisons: Sequence[Comparison]) -> tuple[Bindings, list[Match]]:
    """What stands for what in the whole document, and how each output is to be read then."""
    [known, *_], left_out = explained(comparisons)
    return known, [matches(_without(each, n, left_out), [known])[1][0] for n, each in enumerate(comparisons)]


def explained(comparisons: Sequence[Comparison]) -> tuple[list[Bindings], set[Place]]:
    """Every way in which values may stand for each other, and which records of the text are taken to be wrong."""
    left_out: set[Place] = set()
    cost, known = _cost(comparisons, left_out)
    while cost:
        suspects = _suspects(comparisons, known[0], left_out)
        tried = [(_cost(comparisons, left_out | {each})[0] + 1, each) for each in suspects]
        least = min(tried, default=None)
        if least is None or least[0] >= cost:
            break
        left_out.add(least[1])
        cost, known = _cost(comparisons, left_out)
    return known, left_out


def _cost(comparisons: Sequence[Comparison], left_out: set[Place]) -> tuple[int, list[Bindings]]:
    """How many records contradict the others, those left aside that are `left_out`."""
    total = 0
    known = [Bindings()]
    for number, comparison in enumerate(comparisons):
        contradicting, found = matches(_without(comparison, number, left_out), known)
        total += contradicting
        known = [each.bindings for each in found]
    return total, known


def _suspects(comparisons: Sequence[Comparison], known: Bindings, left_out: set[Place]) -> list[Place]:
    """Records with a value that takes part in a contradiction."""
    contradicting: set[tuple[str, str]] = set()
    values: dict[Place, set[tuple[str, str]]] = {}
    for number, comparison in enumerate(comparisons):
        [match, *_] = matches(comparison, [known])[1]
        for choice in comparison.choices:
            at = choice.section, choice.number
            pairs = [pair for candidate in choice.candidates for way in candidate.ways for pair in way]
            values[number, at] = {(pair.kind, text) for pair in pairs for text in (pair.shown, pair.observed)}
            if at not in match.pairs:
                contradicting |= values[number, at]
    return [place for place, mine in values.items() if mine & contradicting and place not in left_out]


def _without(comparison: Comparison, number: int, left_out: set[Place]) -> Comparison:
    kept = [each for each in comparison.choices if (number, (each.section, each.number)) not in left_out]
    return replace(comparison, choices=tuple(kept)) if len(kept) < len(comparison.choices) else comparison
