"""Tables as `kubectl get` prints them: columns by their header, rows in any order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graders.course.document.compare.record import Field, Record, Section, whole_line

HEADER = re.compile(r"[A-Z][A-Z()-]*(?: [A-Z()-]+)*(?:\s{2,}[A-Z][A-Z()-]*(?: [A-Z()-]+)*)*\s*")
CELL = re.compile(r"\S+(?: \S+)*")


def parse(lines: Sequence[str]) -> list[Section] | None:
    """A section for each table, its header a record of its own; None where no line is a header."""
    sections: list[Section] = []
    columns: list[Field] = []
    rows: list[Record] = []
    before: list[Record] = []

    def end_table() -> None:
        nonlocal rows
        if columns:
            sections.append(Section(f"rows of table {len(sections)}", tuple(rows), ordered=False))
            rows = []

    for number, line in enumerate(lines):
        if not line.strip():
            end_table()
            columns = []
        elif HEADER.fullmatch(line) and not columns:
            columns = [Field("", found[0], *found.span()) for found in CELL.finditer(line)]
            heads = (whole_line(number, line),)
            sections.append(Section(f"header of table {len(sections)}", heads, ordered=True))
        elif columns:
            rows.append(_row(number, line, columns))
        else:
            before.append(whole_line(number, line))
    end_table()
    if not sections:
        return None
    return [Section("before the table", tuple(before), ordered=True), *sections]


def _row(number: int, line: str, columns: Sequence[Field]) -> Record:
    cells = [Field("", found[0], *found.span()) for found in CELL.finditer(line)]
    if len(cells) != len(columns):  # a cell is empty: by position then
        cells = [_cell_at(line, columns, position) for position in range(len(columns))]
    named = [Field(column.text, cell.text, cell.start, cell.end) for column, cell in zip(columns, cells, strict=True)]
    return Record(number, tuple(named), title=cells[0].text)


def _cell_at(line: str, columns: Sequence[Field], position: int) -> Field:
    start = columns[position].start
    end = columns[position + 1].start if position + 1 < len(columns) else max(len(line), start)
    return Field("", line[start:end].strip(), start, start + len(line[start:end].rstrip()))
