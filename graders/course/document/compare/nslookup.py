"""What nslookup prints: whom it asked, and its answers in any order.

Lines that begin with `;;` are about the resolver and differ between versions of nslookup; they are not compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from graders.course.document.compare.record import Field, Record, Section, after, whole_line

LABELS = ("Server:", "Address:", "Name:", "**")


def parse(lines: Sequence[str]) -> list[Section] | None:
    """None where no line is nslookup's."""
    shown = [(number, line) for number, line in enumerate(lines) if line.strip() and not line.startswith(";;")]
    if not any(line.startswith(LABELS) for _, line in shown):
        return None
    asked: list[Record] = []
    answers: list[Record] = []
    name = ""
    for number, line in shown:
        label = line.partition(":")[0]
        if label == "Server" or (label == "Address" and len(asked) == 1 and not answers):
            asked.append(after(number, line, ":", label, key=label))
        elif label == "Name":
            name = line.partition(":")[2].strip()
            answers.append(after(number, line, ":", label, key=label))
        elif label == "Address":
            answers.append(_answer(number, line, name))
        else:
            answers.append(whole_line(number, line))
    return [Section("asked", tuple(asked), ordered=True), Section("answers", tuple(answers), ordered=False)]


def _answer(number: int, line: str, name: str) -> Record:
    """The address of a name: with another name it is another answer."""
    record = after(number, line, ":", "Address", key="Address")
    return Record(number, (*record.fields, Field("of", name, len(line), len(line))), "Address", name)
