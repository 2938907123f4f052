"""Values that follow from others of the same output: they have to agree with those, not with what was observed.

The time that worldtimeapi.org tells is another one in each run, and a page has another length with other names in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from graders.course.document.compare.record import Field, Record, Section

ENTITY_TAG = re.compile(r'"([0-9a-f]+)-([0-9a-f]+)"')  # of nginx: the time of the last change, and the length
CLOCK = ("datetime", "unixtime")
Derived = Iterator[tuple[Record, Field, str]]  # a value of the text and what it should be


def derived(shown: Sequence[Section], observed: Sequence[Section]) -> Derived:
    """What in the text does not agree with the rest of the text."""
    records = [record for section in shown for record in section.records]
    by_label = {field.label: (record, field) for record in records for field in record.fields}
    if all(label in by_label for label in CLOCK):
        yield from _clock(by_label)
    if "Content-Length" in by_label:
        yield from _page(by_label, _body(shown), _body(observed), _length(observed))


def _clock(by_label: dict[str, tuple[Record, Field]]) -> Derived:
    """As https://worldtimeapi.org/pages/schema describes the fields."""
    try:
        at = datetime.fromisoformat(by_label["datetime"][1].text)
    except ValueError:
        return  # which is said already: it is no date
    offset = at.utcoffset() or timedelta()
    wanted = {
        "utc_offset": at.isoformat()[-6:],
        "day_of_week": str(at.isoweekday() % 7),
        "day_of_year": str(at.timetuple().tm_yday),
        "week_number": str(at.isocalendar().week),
        "unixtime": str(int(at.timestamp())),
        "utc_datetime": f"{(at - offset).replace(tzinfo=None).isoformat()}+00:00",
    }
    if "raw_offset" in by_label and by_label["raw_offset"][1].text.lstrip("-").isdigit():
        dst = int(offset.total_seconds()) - int(by_label["raw_offset"][1].text)
        wanted |= {"dst_offset": str(dst), "dst": "true" if dst else "false"}
    for label, text in wanted.items():
        if label in by_label and by_label[label][1].text != text:
            yield *by_label[label], text


def _page(by_label: dict[str, tuple[Record, Field]], shown: list[str], observed: list[str], length: int) -> Derived:
    """The length of the page that the text shows, and nginx's tag, which has that and the time of the last change."""
    record, field = by_label["Content-Length"]
    size = len("\n".join(shown).encode())
    if shown and observed:
        size += length - len("\n".join(observed).encode())  # what ends the last line
        if field.text != str(size):
            yield record, field, str(size)
    elif field.text.isdigit():
        size = int(field.text)
    if "ETag" in by_label and "Last-Modified" in by_label:
        record, field = by_label["ETag"]
        wanted = f'"{_seconds(by_label["Last-Modified"][1].text):x}-{size:x}"'
        if ENTITY_TAG.fullmatch(field.text) and field.text != wanted:
            yield record, field, wanted


def _seconds(date: str) -> int:
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except ValueError:
        return 0


def _body(sections: Sequence[Section]) -> list[str]:
    return [each.fields[0].text for section in sections if section.name == "the body" for each in section.records]


def _length(sections: Sequence[Section]) -> int:
    fields = [field for section in sections for record in section.records for field in record.fields]
    return next((int(each.text) for each in fields if each.label == "Content-Length" and each.text.isdigit()), 0)
