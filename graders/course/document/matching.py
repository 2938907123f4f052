"""Which record of the text stands for which one that was observed.

Where order says nothing there may be several ways, for instance before it is known which Pod is which. All of them are
kept, until what comes later in the document leaves one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graders.course.document.bindings import Bindings
from graders.course.document.compare.record import Record, Section
from graders.course.document.values import Pair, Vocabulary

MOST_WAYS = 200  # that are kept; more come only of long lists of addresses about which nothing else is said
LONGEST_LIST = 5  # of values between commas that is tried in every order
MOST_LEFT_OUT = 2  # records of one output that are searched for as contradicting; beyond, the first that fit are taken
At = tuple[int, int]  # section, number of a record
Ways = tuple[tuple[Pair, ...], ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """The observed record with this number fits, in these ways."""

    number: int
    ways: Ways


@dataclass(frozen=True, slots=True)
class Choice:
    """A record of the text, its section and its number there, and what fits it if nothing else is asked."""

    section: int
    number: int
    record: Record
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the text has beside what was observed, section by section."""

    shown: tuple[Section, ...]
    observed: tuple[Section, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """`pairs`: {(section, number of the text's record): number of the observed one}."""

    bindings: Bindings
    pairs: dict[At, int]


def compared(shown: Sequence[Section], observed: Sequence[Section], vocabulary: Vocabulary) -> Comparison:
    names = list(dict.fromkeys(each.name for each in (*shown, *observed)))
    left = tuple(_section(shown, name, observed) for name in names)
    right = tuple(_section(observed, name, shown) for name in names)
    choices: list[Choice] = []
    for number, (mine, theirs) in enumerate(zip(left, right, strict=True)):
        fits = [
            [Candidate(n, ways) for n, other in enumerate(theirs.records) if (ways := _ways(each, other, vocabulary))]
            for each in mine.records
        ]
        if mine.ordered:
            fits = _in_order(fits, len(theirs.records))
        choices += [Choice(number, n, each, tuple(fits[n])) for n, each in enumerate(mine.records)]
    return Comparison(left, right, tuple(choices))


def matches(comparison: Comparison, known: Iterable[Bindings]) -> tuple[int, list[Match]]:
    """(how many records contradict what is known, the ways with so few), the ways' bindings all different."""
    before = list(known)
    settled, order = _settled(comparison)
    for left_out in range(min(len(order), MOST_LEFT_OUT) + 1):
        found: dict[object, Match] = {}
        for bindings in before:
            begun = Match(bindings, settled)
            for match in _search(order, 0, begun, _used(begun), left_out):
                found.setdefault(match.bindings.identity, match)
                if len(found) >= MOST_WAYS:
                    break
        if found:
            return left_out, list(found.values())
    greedy = _greedy(order, Match(before[0], settled))
    return len(order) + len(settled) - len(greedy.pairs), [greedy]


def _settled(comparison: Comparison) -> tuple[dict[At, int], list[Choice]]:
    """Records that say nothing about any value, paired; and the others, those first that leave the least choice."""
    settled: dict[At, int] = {}
    others: list[Choice] = []
    used: set[At] = set()
    for choice in comparison.choices:
        same = [each for each in choice.candidates if each.ways == ((),)]
        first = next((each.number for each in same if (choice.section, each.number) not in used), None)
        if first is None:
            others.append(choice)
        else:
            used.add((choice.section, first))
            settled[choice.section, choice.number] = first
    return settled, sorted((each for each in others if each.candidates), key=lambda each: len(each.candidates))


def _used(match: Match) -> frozenset[At]:
    return frozenset((section, number) for (section, _), number in match.pairs.items())


def _search(order: Sequence[Choice], at: int, so_far: Match, used: frozenset[At], left_out: int) -> Iterator[Match]:
    if at == len(order):
        yield so_far
        return
    choice = order[at]
    for key, further in _continued(choice, so_far, used):
        yield from _search(order, at + 1, further, used | {key}, left_out)
    if left_out:
        yield from _search(order, at + 1, so_far, used, left_out - 1)


def _continued(choice: Choice, so_far: Match, used: frozenset[At]) -> Iterator[tuple[At, Match]]:
    tried = set()
    for candidate in choice.candidates:
        key = choice.section, candidate.number
        if key in used or candidate.ways in tried:
            continue
        tried.add(candidate.ways)  # what looks the same is tried once
        for way in candidate.ways:
            bindings = so_far.bindings.with_pairs(way)
            if bindings:
                pairs = {**so_far.pairs, (choice.section, choice.number): candidate.number}
                yield key, Match(bindings, pairs)


def _greedy(order: Sequence[Choice], match: Match) -> Match:
    used = _used(match)
    for choice in order:
        first = next(_continued(choice, match, used), None)
        if first:
            match, used = first[1], used | {first[0]}
    return match


def _section(sections: Sequence[Section], name: str, others: Sequence[Section]) -> Section:
    """An empty one where there is none of that name."""
    ordered = next((each.ordered for each in (*sections, *others) if each.name == name), True)
    return next((each for each in sections if each.name == name), Section(name, (), ordered))


def _ways(shown: Record, observed: Record, vocabulary: Vocabulary) -> Ways:
    """How the one can stand for the other: () where it cannot."""
    labels = [each.label for each in shown.fields]
    if shown.key != observed.key or labels != [each.label for each in observed.fields]:
        return ()
    found: list[list[tuple[Pair, ...]]] = []
    for mine, theirs in zip(shown.fields, observed.fields, strict=True):
        found.append(_ways_of_text(mine.text, theirs.text, mine.label, vocabulary))
        if not found[-1]:
            return ()
    return tuple(tuple(itertools.chain(*way)) for way in itertools.product(*found))


def _ways_of_text(shown: str, observed: str, label: str, vocabulary: Vocabulary) -> list[tuple[Pair, ...]]:
    mine, theirs = shown.split(","), observed.split(",")
    if " " in observed or len(theirs) != len(mine) or not 1 < len(theirs) <= LONGEST_LIST:
        pairs = vocabulary.pairs(shown, observed, label)
        return [] if pairs is None else [pairs]
    ways = []
    for order in itertools.permutations(theirs):
        found = [vocabulary.pairs(one, other, label) for one, other in zip(mine, order, strict=True)]
        if None not in found:
            ways.append(tuple(itertools.chain(*(each for each in found if each))))
    return list(dict.fromkeys(ways))


def _in_order(fits: list[list[Candidate]], count: int) -> list[list[Candidate]]:
    """At most one candidate for each: the longest sequence in the order of both."""
    best = [[0] * (count + 1) for _ in range(len(fits) + 1)]
    by_number = [{candidate.number: candidate for candidate in each} for each in fits]
    for row in reversed(range(len(fits))):
        for column in reversed(range(count)):
            here = best[row + 1][column + 1] + 1 if column in by_number[row] else 0
            best[row][column] = max(here, best[row + 1][column], best[row][column + 1])
    chosen: list[list[Candidate]] = [[] for _ in fits]
    row = column = 0
    while row < len(fits) and column < count:
        if column in by_number[row] and best[row][column] == best[row + 1][column + 1] + 1:
            chosen[row] = [by_number[row][column]]
            row, column = row + 1, column + 1
        elif best[row + 1][column] >= best[row][column + 1]:
            row += 1
        else:
            column += 1
    return chosen
