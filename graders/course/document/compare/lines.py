"""Any other output: line by line, without blank lines."""

from __future__ import annotations

from collections.abc import Sequence

from graders.course.document.compare.record import Section, whole_line


def parse(lines: Sequence[str]) -> list[Section]:
    return [Section("", tuple(whole_line(n, line) for n, line in enumerate(lines) if line.strip()), ordered=True)]


def parse_unordered(lines: Sequence[str]) -> list[Section]:
    """As `dig +short` prints them."""
    return [Section(each.name, each.records, ordered=False) for each in parse(lines)]
