"""Which value of the text stands for which one that was observed: one for one, in the whole document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from graders.course.document.values import Pair

Key = tuple[str, str]  # kind, value


@dataclass(frozen=True, slots=True)
class Bindings:
    """`observed`: {what the text has: what was observed}; `shown`: the other way."""

    observed: dict[Key, str] = field(default_factory=dict)
    shown: dict[Key, str] = field(default_factory=dict)

    def with_pairs(self, pairs: Iterable[Pair]) -> Bindings | None:
        """None where one of them contradicts what is bound already."""
        observed, shown = self.observed, self.shown
        for pair in pairs:
            there, back = (pair.kind, pair.shown), (pair.kind, pair.observed)
            if there not in observed and back not in shown:
                observed = {**observed, there: pair.observed}
                shown = {**shown, back: pair.shown}
            elif observed.get(there) != pair.observed or shown.get(back) != pair.shown:
                return None
        return Bindings(observed, shown)

    @property
    def identity(self) -> frozenset[tuple[Key, str]]:
        return frozenset(self.observed.items())
