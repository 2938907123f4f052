"""`Key:  value` blocks as `kubectl describe` prints them: in their order, a key within keys by its indentation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graders.course.document.compare.record import Record, Section, after, whole_line

KEY = re.compile(r"( *)([A-Z][\w ()./-]*?):(?:\s|$)")


def parse(lines: Sequence[str]) -> list[Section] | None:
    """None where the first line has no key."""
    if not lines or not KEY.match(lines[0]):
        return None
    records: list[Record] = []
    for number, line in enumerate(lines):
        found = KEY.match(line)
        if found:
            records.append(after(number, line, ":", label=found[2], key=f"{found[1]}{found[2]}"))
        elif line.strip():
            records.append(whole_line(number, line))
    return [Section("", tuple(records), ordered=True)]
