"""What `curl --verbose` prints: `>` the request, `<` the response's head, `*` what curl itself did, and the body.

The body may stand anywhere among the rest. curl's remarks on how it works differ between its versions; of them only
those are compared that say something about the network.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from graders.course.document.compare import structured
from graders.course.document.compare.record import Field, Record, Section, after, whole_line

MARK = re.compile(r"([*<>{}])( |$)")
REMARK = re.compile(
    r"[{}] \[\d+ bytes data\]|\* (Mark bundle as not supporting multiuse|using HTTP/\S+|Request completely sent off"
    r"|Host \S+ was resolved\.|IPv[46]: .*|TCP_NODELAY set|[Cc]losing connection.*|Added .* to DNS cache)"
)
NUMBER = re.compile(r"(\* Connected to \S+ \([^)\s]+\) port \d+) \(#0\)")  # of the first connection: in older versions
METER = re.compile(r"\s*% Total|\s*Dload|\s*\d+ +\d+ +\d+ +\d+")
NAMES = {"*": "what curl did", ">": "the request", "<": "the response", "": "the body"}


def parse(lines: Sequence[str]) -> list[Section] | None:
    """None where no line is curl's."""
    parts: dict[str, list[Record]] = {name: [] for name in NAMES}
    for number, line in enumerate(lines):
        found = MARK.match(line)
        mark = found[1] if found else ""
        if REMARK.match(line) or METER.match(line) or not line.strip():
            continue
        if mark == "*":
            parts["*"].append(_done(number, line))
        elif mark in ("<", ">") and ":" in line:
            name = line[2:].partition(":")[0]
            parts[mark].append(after(number, line, ":", label=name, key=name.lower()))
        elif mark in NAMES:
            parts[mark].append(whole_line(number, line))
    if not any(parts[mark] for mark in "*><"):
        return None
    sections = [Section(NAMES[mark], tuple(records), ordered=mark != "<") for mark, records in parts.items()]
    return [*sections[:-1], _body(sections[-1], lines)]


def _body(section: Section, lines: Sequence[str]) -> Section:
    """By its values where it is JSON."""
    numbers = [record.line for record in section.records]
    text = [lines[number] for number in numbers]
    parsed = structured.parse(text) if text and text[0].startswith(("{", "[")) else None
    if parsed is None:
        return section
    records = [replace(record, line=numbers[record.line]) for record in parsed[0].records]
    return Section("the body, as JSON", tuple(records), ordered=False, by_line=False)


def _done(number: int, line: str) -> Record:
    """Without the number of the connection, which newer versions leave out."""
    counted = NUMBER.fullmatch(line.rstrip())
    if counted:
        return Record(number, (Field("", counted[1], 0, counted.end(1)),))
    return whole_line(number, line)
