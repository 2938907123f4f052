"""An output as records: what is compared with what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a line, from column `start` to `end`. `label`: the name of its column, key or header."""

    label: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Record:
    """One line, as a rule. `line` counts the output's lines from 0. `key`: only records of the same key are compared.

    `title`: what a message calls it.
    """

    line: int
    fields: tuple[Field, ...]
    key: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Records whose order means something, or not. `by_line`: each has a line of its own."""

    name: str
    records: tuple[Record, ...]
    ordered: bool
    by_line: bool = True


Form = Callable[[Sequence[str]], list[Section] | None]  # None: the lines are not of this form


def whole_line(number: int, line: str, key: str = "", label: str = "") -> Record:
    """A record whose one field is the line."""
    return Record(number, (Field(label, line.strip(), len(line) - len(line.lstrip()), len(line.rstrip())),), key)


def after(number: int, line: str, separator: str, label: str, key: str) -> Record:
    """A record whose one field is what comes after the first `separator` and the spaces behind it."""
    head, _, rest = line.partition(separator)
    start = len(head) + len(separator) + len(rest) - len(rest.lstrip())
    return Record(number, (Field(label, rest.strip(), start, max(start, len(line.rstrip()))),), key, label)
