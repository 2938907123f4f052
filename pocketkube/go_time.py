"""Times as Go reads and writes them; what is none is told in the words of its package time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

LAYOUT, MICRO_LAYOUT = "2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.000000Z07:00"
# The parts of a layout, each with what is read for it.
PARTS = (
    ("2006", r"\d{4}"),
    ("-", "-"),
    ("01", r"\d{2}"),
    ("-", "-"),
    ("02", r"\d{2}"),
    ("T", "T"),
    ("15", r"\d{2}"),
    (":", ":"),
    ("04", r"\d{2}"),
    (":", ":"),
    ("05", r"\d{2}"),
)
ZONE = ("Z07:00", r"Z|[+-]\d{2}:\d{2}")
MOST = {"01": 12, "02": 31, "15": 23, "04": 59, "05": 59}
NAMES = {"01": "month", "02": "day", "15": "hour", "04": "minute", "05": "second"}


def canonical(text: str, *, micro: bool = False) -> str:
    """In UTC, to the second, or with `micro` to the microsecond, which then has to be given. ValueError for no time."""
    layout = MICRO_LAYOUT if micro else LAYOUT
    fraction = (".000000", r"\.\d{6}(?!\d)") if micro else ("", r"(?:[.,]\d+)?")
    found: dict[str, str] = {}
    at = 0
    for part, pattern in (*PARTS, fraction, ZONE):
        match = re.compile(pattern).match(text, at)
        if match is None:
            raise ValueError(f'parsing time "{text}" as "{layout}": cannot parse "{text[at:]}" as "{part}"')
        if part in MOST and not (part in ("01", "02")) <= int(match[0]) <= MOST[part]:
            raise ValueError(f'parsing time "{text}": {NAMES[part]} out of range')
        found[part] = match[0]
        at = match.end()
    if at < len(text):
        raise ValueError(f'parsing time "{text}": extra text: "{text[at:]}"')
    return _written(text, found, micro=micro)


def _written(text: str, found: dict[str, str], *, micro: bool) -> str:
    numbers = (int(found[part]) for part in ("2006", "01", "02", "15", "04", "05"))
    try:
        moment = datetime(*numbers, tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError as error:
        raise ValueError(f'parsing time "{text}": day out of range') from error
    zone = found["Z07:00"]
    if zone != "Z":
        ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
        moment += ahead if zone[0] == "-" else -ahead
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (found[".000000"] if micro else "") + "Z"
