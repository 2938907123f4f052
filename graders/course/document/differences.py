"""What an output differs in, line by line, and how the text would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graders.course.document.bindings import Bindings
from graders.course.document.compare.record import Record, Section
from graders.course.document.derived import derived
from graders.course.document.edit import Add, Edit, Remove, Replace
from graders.course.document.matching import Comparison, Match
from graders.course.document.translate import translated
from graders.course.document.values import Vocabulary

ALIKE = 0.4  # difflib's ratio from which on two lines are taken for the same one, changed
NEARLY = 0.8  # the same where even their keys differ


@dataclass(frozen=True, slots=True)
class Difference:
    """`line` counts the text's output lines from 0. `edits` would make the text right.

    `size`: 2 where a line is there on one side only, else from 1 to 2, the less the more alike both are.
    """

    line: int
    what: str
    edits: tuple[Edit, ...]
    size: float = 2


@dataclass(frozen=True, slots=True)
class Differences:
    """Of one output, whose lines are `shown` in the text and were `observed`. `match`: how they correspond."""

    comparison: Comparison
    match: Match
    bindings: Bindings
    vocabulary: Vocabulary
    shown: Sequence[str]
    observed: Sequence[str]

    def __iter__(self) -> Iterator[Difference]:
        sections = zip(self.comparison.shown, self.comparison.observed, strict=True)
        for number, (shown, observed) in enumerate(sections):
            yield from self._section(number, shown, observed)
        for record, field, text in derived(self.comparison.shown, self.comparison.observed):
            what = f"{field.label}: the text has `{field.text}`, and by the rest of this output it is `{text}`"
            yield Difference(record.line, what, (Replace(record.line, field.start, field.end, text),))

    def _section(self, number: int, shown: Section, observed: Section) -> Iterator[Difference]:
        there = {mine: theirs for (section, mine), theirs in self.match.pairs.items() if section == number}
        mine = [each for each in range(len(shown.records)) if each not in there]
        theirs = [each for each in range(len(observed.records)) if each not in there.values()]
        for one, other in self._alike(shown, observed, mine, theirs):
            mine.remove(one)
            theirs.remove(other)
            there[one] = other
            yield from self._changed(shown.records[one], observed.records[other])
        for one in mine:
            yield self._beyond(shown, shown.records[one])
        back = {theirs: mine for mine, theirs in there.items()}
        for other in theirs:
            yield self._missing(shown, observed, other, back)

    def _changed(self, shown: Record, observed: Record) -> Iterator[Difference]:
        if not _comparable(shown, observed):
            yield from self._other_line(shown, observed)
            return
        said, edits, alike = [], [], 1.0
        for mine, theirs in zip(shown.fields, observed.fields, strict=True):
            text = self._translated(theirs.text, mine.text, mine.label)
            if text == mine.text:
                continue
            alike = min(alike, _letters(mine.text, text))
            of = f"{mine.label} of {shown.title}: " if shown.title not in ("", mine.label) else f"{mine.label}: "
            said.append(f"{of if mine.label else ''}the text has `{mine.text}`, the command prints `{text}`")
            if mine.end > mine.start or not mine.text:
                edits.append(Replace(shown.line, mine.start, mine.end, text))
        if not said:  # one value of the text would have to be two
            said.append(f"`{self.shown[shown.line].strip()}` contradicts what the text has elsewhere")
        yield Difference(shown.line, "; ".join(said), tuple(edits), 2 - alike)

    def _other_line(self, shown: Record, observed: Record) -> Iterator[Difference]:
        """Where it is a key that differs, or the header of a table."""
        mine = self.shown[shown.line]
        text = self._translated(self.observed[observed.line], mine, "")
        if text.strip() != mine.strip():
            what = f"the text has `{mine.strip()}`, the command prints `{text.strip()}`"
            edit = Replace(shown.line, 0, len(mine), text.rstrip())
            yield Difference(shown.line, what, (edit,), 2 - _letters(mine, text))

    def _beyond(self, section: Section, record: Record) -> Difference:
        text = self.shown[record.line].strip() if section.by_line else f"{record.title}: {record.fields[0].text}"
        what = f"the text has `{text}`, and the command prints no such line"
        return Difference(record.line, what, (Remove(record.line),) if section.by_line else self._all())

    def _missing(self, shown: Section, observed: Section, number: int, there: dict[int, int]) -> Difference:
        record = observed.records[number]
        before = [there[each] for each in range(number) if each in there]
        behind = [there[each] for each in range(number, len(observed.records)) if each in there]
        near = shown.records[before[-1] if before else behind[0]] if before or behind else None
        if not observed.by_line:
            what = f"the command prints `{record.title}: {record.fields[0].text}` too, which the text leaves out"
            return Difference(near.line if near else 0, what, self._all())
        line = self._laid_out(record, near) or self._translated(self.observed[record.line], "", "")
        what = f"the command prints `{line.strip()}` too, which the text leaves out"
        at = near.line if near else self._begin(shown)
        first = bool(near) and not before and shown.ordered
        return Difference(at, what, (Add(at, line.rstrip(), before=first),))

    def _all(self) -> tuple[Edit, ...]:
        """The output anew."""
        lines = [self._translated(each, "", "") for each in self.observed]
        return tuple(Remove(number) for number in range(len(self.shown))) + tuple(Add(0, each) for each in lines)

    def _laid_out(self, record: Record, like: Record | None) -> str:
        """A row of a table in the columns of another; "" where it is no row."""
        if like is None or len(record.fields) < 2 or len(like.fields) != len(record.fields):
            return ""
        line = ""
        for mine, place in zip(record.fields, like.fields, strict=True):
            line = line.ljust(place.start) if len(line) < place.start or not line else f"{line}  "
            line += self._translated(mine.text, "", mine.label)
        return line

    def _alike(self, shown: Section, observed: Section, mine: list[int], theirs: list[int]) -> list[tuple[int, int]]:
        """Those that most likely are the same, changed: the most alike first."""
        rated = []
        for one in mine:
            for other in theirs:
                ratio = self._ratio(shown.records[one], observed.records[other], by_line=shown.by_line)
                rated.append((-ratio, one, other))
        found: list[tuple[int, int]] = []
        for ratio, one, other in sorted(rated):
            if -ratio >= ALIKE and all(one != first and other != second for first, second in found):
                found.append((one, other))
        return found

    def _ratio(self, left: Record, right: Record, *, by_line: bool) -> float:
        """How alike they are, from 0 to 1: of a row, mostly how many cells are the same."""
        if not _comparable(left, right):
            same = _letters(" ".join(self.shown[left.line].split()), " ".join(self.observed[right.line].split()))
            return same if by_line and same >= NEARLY else 0
        letters = _letters(*(" ".join(field.text for field in each.fields) for each in (left, right)))
        if left.key:
            return 1 + letters
        if len(left.fields) == 1:
            return letters
        same = sum(mine.text == theirs.text for mine, theirs in zip(left.fields, right.fields, strict=True))
        return (same / len(left.fields) + letters) / 2

    def _translated(self, observed: str, shown: str, label: str) -> str:
        return translated(observed, shown, label, self.bindings, self.vocabulary)

    def _begin(self, section: Section) -> int:
        """The last line of what stands before the section."""
        number = self.comparison.shown.index(section)
        return max((each.line for before in self.comparison.shown[:number] for each in before.records), default=0)


def _comparable(shown: Record, observed: Record) -> bool:
    labels = [[field.label for field in each.fields] for each in (shown, observed)]
    return shown.key == observed.key and labels[0] == labels[1]


def _letters(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
