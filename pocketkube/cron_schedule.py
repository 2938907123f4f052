"""Schedules as robfig/cron reads and follows them, which is what CronJobs are written for.

Written here, as no library in Python shares its words, its `TZ=`, `?`, `@every` and its days of month *or* week.
Source: https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Protocol

from pocketkube.go_duration import seconds

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
EVERY = "@every "
NUMBER = re.compile(r"[+-]?[0-9]+")
LARGEST = 2**63  # of Go's int
YEARS = 5  # how far ahead a time is looked for: 31 February never comes


class Schedule(Protocol):
    """When something is to happen."""

    def next(self, after: datetime) -> datetime | None:
        """The first time later than `after`, in UTC and whole seconds; None when there is none."""


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again after the same time, of at least a second."""

    delay: timedelta

    def next(self, after: datetime) -> datetime | None:
        return after.astimezone(UTC).replace(microsecond=0) + self.delay


@dataclass(frozen=True, slots=True)
class Field:
    """One of the five: which values it allows, and whether it says so with a `*`."""

    values: frozenset[int]
    star: bool


@dataclass(frozen=True, slots=True)
class At:
    """Whenever the clock of a time zone shows what the fields allow, at second 0.

    A time that daylight saving skips does not come; one that it repeats comes twice.
    """

    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field
    zone: tzinfo

    def next(self, after: datetime) -> datetime | None:
        time = after.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        last_year = time.astimezone(self.zone).year + YEARS
        while True:
            local = time.astimezone(self.zone)
            if local.year > last_year:
                return None
            if local.month not in self.month.values:
                time = self._midnight((local.date().replace(day=1) + timedelta(days=31)).replace(day=1))
            elif not self._allows(local.date()):
                time = self._midnight(local.date() + timedelta(days=1))
            elif local.hour not in self.hour.values:
                time += timedelta(hours=1) - timedelta(minutes=local.minute, seconds=local.second)
            elif local.minute not in self.minute.values or local.second:
                time += timedelta(minutes=1) - timedelta(seconds=local.second)
            else:
                return time

    def _allows(self, day: date) -> bool:
        """Where both the day of the month and that of the week are restricted, one of them is enough."""
        matches = (day.day in self.day.values, day.isoweekday() % 7 in self.weekday.values)
        return all(matches) if self.day.star or self.weekday.star else any(matches)

    def _midnight(self, day: date) -> datetime:
        """When the day begins there: where the clock skips midnight, that is later."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)


def parse(text: str) -> Schedule:
    """ValueError, in the library's words, for what is no schedule."""
    if not text:
        raise ValueError("empty spec string")
    zone: tzinfo = UTC
    if text.startswith(("TZ=", "CRON_TZ=")):
        prefix, _, rest = text.partition(" ")
        name, text = prefix.partition("=")[2], rest.strip()
        try:
            zone = time_zone(name)
        except ValueError as error:
            raise ValueError(f"provided bad location {name}: {error}") from error
    if text.startswith("@"):
        if text.startswith(EVERY):
            return _every(text)
        if text not in DESCRIPTORS:
            raise ValueError(f"unrecognized descriptor: {text}")
        text = DESCRIPTORS[text]
    fields = text.split()
    if len(fields) != 5:
        raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
    minute, hour, day, month, weekday = fields
    return At(
        _field(minute, 0, 59, {}),
        _field(hour, 0, 23, {}),
        _field(day, 1, 31, {}),
        _field(month, 1, 12, {name: number for number, name in enumerate(MONTHS, 1)}),
        _field(weekday, 0, 6, {name: number for number, name in enumerate(DAYS)}),
        zone,
    )


def time_zone(name: str) -> tzinfo:
    """ValueError, in the words of Go's time.LoadLocation, for a name that nobody knows."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - at the start of a cluster its milliseconds count

    if name in ("", "UTC", "Local"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name}") from error


def _every(text: str) -> Every:
    try:
        delay = seconds(text.removeprefix(EVERY))
    except ValueError as error:
        raise ValueError(f"failed to parse duration {text}: {error}") from error
    return Every(timedelta(seconds=max(int(delay), 1)))


def _field(text: str, least: int, most: int, names: dict[str, int]) -> Field:
    """A list of ranges: `*`, `?`, `5`, `mon`, `1-5`, `*/15`, `10-20/2`; `5/15` is `5-MOST/15`."""
    values: set[int] = set()
    star = False
    for part in filter(None, text.split(",")):
        found, is_star = _range(part, least, most, names)
        values |= set(found)
        star |= is_star
    return Field(frozenset(values), star)


def _range(text: str, least: int, most: int, names: dict[str, int]) -> tuple[range, bool]:
    bounds, *steps = text.split("/")
    first, *last = bounds.split("-")
    star = first in ("*", "?")
    if star:
        start, end = least, most
    else:
        start = end = _number(first, names)
        if len(last) > 1:
            raise ValueError(f"too many hyphens: {text}")
        if last:
            end = _number(last[0], names)
    step = 1
    if len(steps) > 1:
        raise ValueError(f"too many slashes: {text}")
    if steps:
        step = _number(steps[0], {})
        end = end if last else most
        star = star and step <= 1
    if start < least:
        raise ValueError(f"beginning of range ({start}) below minimum ({least}): {text}")
    if end > most:
        raise ValueError(f"end of range ({end}) above maximum ({most}): {text}")
    if start > end:
        raise ValueError(f"beginning of range ({start}) beyond end of range ({end}): {text}")
    if step == 0:
        raise ValueError(f"step of range should be a positive number: {text}")
    return range(start, end + 1, step), star


def _number(text: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    problem = ""
    if not NUMBER.fullmatch(text):
        problem = "invalid syntax"
    elif len(text.lstrip("+-0")) > len(str(LARGEST)) or not -LARGEST <= int(text) < LARGEST:
        problem = "value out of range"
    if problem:
        raise ValueError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": {problem}')
    if int(text) < 0:
        raise ValueError(f"negative number ({int(text)}) not allowed: {text}")
    return int(text)
