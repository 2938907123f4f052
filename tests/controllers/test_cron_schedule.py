"""Schedules of CronJobs, in robfig/cron's words and times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pocketkube.cron_schedule import At, parse

REFUSED = {
    "": "empty spec string",
    "* * * *": "expected exactly 5 fields, found 4: [* * * *]",
    "0 * * * * *": "expected exactly 5 fields, found 6: [0 * * * * *]",
    "every minute": "expected exactly 5 fields, found 2: [every minute]",
    "61 * * * *": "end of range (61) above maximum (59): 61",
    "* 24 * * *": "end of range (24) above maximum (23): 24",
    "* * 0 * *": "beginning of range (0) below minimum (1): 0",
    "* * * * 7": "end of range (7) above maximum (6): 7",
    "5-1 * * * *": "beginning of range (5) beyond end of range (1): 5-1",
    "1-2-3 * * * *": "too many hyphens: 1-2-3",
    "*/2/3 * * * *": "too many slashes: */2/3",
    "*/0 * * * *": "step of range should be a positive number: */0",
    "a * * * *": 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax',
    "-5 * * * *": 'failed to parse int from : strconv.Atoi: parsing "": invalid syntax',
    "99999999999999999999 * * * *": "failed to parse int from 99999999999999999999: "
    'strconv.Atoi: parsing "99999999999999999999": value out of range',
    "* * * foo *": 'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax',
    "@reboot": "unrecognized descriptor: @reboot",
    "@every": "unrecognized descriptor: @every",
    "@every soon": 'failed to parse duration @every soon: time: invalid duration "soon"',
    "@every 5": 'failed to parse duration @every 5: time: missing unit in duration "5"',
    "@every 1d": 'failed to parse duration @every 1d: time: unknown unit "d" in duration "1d"',
    "TZ=Europe/Pariss * * * * *": "provided bad location Europe/Pariss: unknown time zone Europe/Pariss",
}
# (schedule, time before, the time that follows), all in UTC but for what the schedule says
NEXT = [
    ("* * * * *", "2026-01-01T00:00:00", "2026-01-01T00:01:00"),
    ("* * * * *", "2026-01-01T00:00:59.9", "2026-01-01T00:01:00"),
    ("*/15 * * * *", "2026-01-01T00:16:00", "2026-01-01T00:30:00"),
    ("5/20 * * * *", "2026-01-01T00:06:00", "2026-01-01T00:25:00"),
    ("0 9-17/4 * * ?", "2026-01-01T09:00:00", "2026-01-01T13:00:00"),
    ("0 0 * feb mon", "2026-01-01T00:00:00", "2026-02-02T00:00:00"),
    ("0 0 13 * FRI", "2026-01-01T00:00:00", "2026-01-02T00:00:00"),  # either day is enough
    ("0 0 13 * *", "2026-01-01T00:00:00", "2026-01-13T00:00:00"),
    ("0 0 */2 * FRI", "2026-01-03T00:00:00", "2026-01-05T00:00:00"),  # with a step it is no longer a star
    ("0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
    ("0 0 31 2 *", "2026-01-01T00:00:00", None),
    ("@hourly", "2026-01-01T00:00:00", "2026-01-01T01:00:00"),
    ("@daily", "2026-01-01T00:00:00", "2026-01-02T00:00:00"),
    ("@weekly", "2026-01-01T00:00:00", "2026-01-04T00:00:00"),
    ("@monthly", "2026-01-01T00:00:00", "2026-02-01T00:00:00"),
    ("@yearly", "2026-01-01T00:00:00", "2027-01-01T00:00:00"),
    ("@every 1h30m", "2026-01-01T00:00:00.7", "2026-01-01T01:30:00"),
    ("@every 10ms", "2026-01-01T00:00:00", "2026-01-01T00:00:01"),
    ("TZ=Asia/Kolkata 0 9 * * *", "2026-01-01T00:00:00", "2026-01-01T03:30:00"),
    ("TZ=America/New_York 30 2 * * *", "2026-03-08T05:00:00", "2026-03-09T06:30:00"),  # 02:30 is skipped
    ("TZ=America/New_York 30 1 * * *", "2026-11-01T04:00:00", "2026-11-01T05:30:00"),
    ("TZ=America/New_York 30 1 * * *", "2026-11-01T05:30:00", "2026-11-01T06:30:00"),  # 01:30 comes twice
    ("TZ=America/Sao_Paulo 0 0 * * *", "2018-11-03T12:00:00", "2018-11-05T02:00:00"),  # no midnight that day
    ("TZ=America/Sao_Paulo 5 1 * * *", "2018-11-03T12:00:00", "2018-11-04T03:05:00"),
]


@pytest.mark.parametrize(("schedule", "says"), REFUSED.items())
def test_refused(schedule: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
        parse(schedule)


@pytest.mark.parametrize(("schedule", "before", "follows"), NEXT)
def test_next(schedule: str, before: str, follows: str | None) -> None:
    found = parse(schedule).next(datetime.fromisoformat(before).replace(tzinfo=UTC))
    assert found == (datetime.fromisoformat(follows).replace(tzinfo=UTC) if follows else None)


@st.composite
def fields(draw: st.DrawFn, least: int, most: int) -> str:
    first, last = sorted((draw(st.integers(least, most)), draw(st.integers(least, most))))
    step = draw(st.sampled_from(["", "/2", "/7"]))
    return draw(st.sampled_from(["*", f"*{step}", f"{first}", f"{first}-{last}{step}", f"{first}{step}"]))


@given(
    schedule=st.tuples(fields(0, 59), fields(0, 23), *(st.just("*"),) * 2, fields(0, 6)).map(" ".join),
    zone=st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
)
def test_no_minute_is_passed_over(schedule: str, zone: str, start: datetime) -> None:
    """What is found is the first minute that fits, looked for minute by minute."""
    found = parse(f"TZ={zone} {schedule}")
    assert isinstance(found, At)
    start = start.replace(tzinfo=UTC)
    minute = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while minute - start < timedelta(days=2):
        local = minute.astimezone(found.zone)
        fits = local.minute in found.minute.values and local.hour in found.hour.values
        if fits and local.isoweekday() % 7 in found.weekday.values:
            assert found.next(start) == minute
            return
        minute += timedelta(minutes=1)
    later = found.next(start)
    assert later is None or later >= minute
