"""What dig prints: the records of each section in any order; nothing of dig's own version and times."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graders.course.document.compare.record import Record, Section, whole_line

SECTION = re.compile(r";; ([A-Z ]+) SECTION:")
OF_THE_PROGRAM = re.compile(
    r"; <<>> DiG|; \(\d+ server|;; (Query time|WHEN|MSG SIZE|SERVER|WARNING: |You are currently)"
)


def parse(lines: Sequence[str]) -> list[Section]:
    found: dict[str, list[Record]] = {"": []}
    name = ""
    for number, line in enumerate(lines):
        heading = SECTION.match(line)
        if heading:
            name = heading[1]
        if line.strip() and not OF_THE_PROGRAM.match(line):
            found.setdefault(name, []).append(whole_line(number, line))
    return [Section(name, tuple(records), ordered=False) for name, records in found.items()]
