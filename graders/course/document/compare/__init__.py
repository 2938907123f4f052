"""Outputs by their structure: a file for each form that an output can have."""

from __future__ import annotations

import re
from collections.abc import Sequence

from graders.course.document.compare import dig, http_trace, key_value, lines, nslookup, structured, table
from graders.course.document.compare.record import Form

BY_COMMAND: tuple[tuple[re.Pattern[str], Form], ...] = (
    (re.compile(r"\bkubectl\b.*\s(-o|--output)[ =]?(yaml|json)\b"), structured.parse),
    (re.compile(r"\bkubectl\s.*\bdescribe\s"), key_value.parse),
    (re.compile(r"\bkubectl\s.*\bget\s"), table.parse),
    (re.compile(r"\bnslookup\s"), nslookup.parse),
    (re.compile(r"\bdig\s.*\+short\b"), lines.parse_unordered),
    (re.compile(r"\bdig\s"), dig.parse),
    (re.compile(r"\bcurl\s.*(--verbose\b|\s-\w*v)"), http_trace.parse),
    (re.compile(r"\bcurl\s"), structured.parse),
)


def form_of(command: str, shown: Sequence[str]) -> Form:
    """The form in which both outputs of a command are compared: the one that fits the command and the text."""
    for named, form in BY_COMMAND:
        if named.search(command) and form(shown) is not None:
            return form
    return lines.parse
