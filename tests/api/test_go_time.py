"""Times by table: what is read, how it is written back, and what is said of what is none."""

from __future__ import annotations

import pytest

from pocketkube.go_time import canonical

READ = {
    "2020-01-01T00:00:00Z": "2020-01-01T00:00:00Z",
    "2020-01-01T00:00:00+01:00": "2019-12-31T23:00:00Z",
    "2020-01-01T00:00:00.9Z": "2020-01-01T00:00:00Z",
}
NO_TIMES = {
    "": ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"',
    "2020-01-01": ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
    "2020-01-01 00:00:00Z": ' as "2006-01-02T15:04:05Z07:00": cannot parse " 00:00:00Z" as "T"',
    "2020-1-01T00:00:00Z": ' as "2006-01-02T15:04:05Z07:00": cannot parse "1-01T00:00:00Z" as "01"',
    "2020-01-01T00:00:00": ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
    "2020-13-01T00:00:00Z": ": month out of range",
    "2020-02-30T00:00:00Z": ": day out of range",
    "2020-01-01T24:00:00Z": ": hour out of range",
    "2020-01-01T00:00:00Zx": ': extra text: "x"',
}


@pytest.mark.parametrize(("text", "written"), READ.items())
def test_canonical(text: str, written: str) -> None:
    assert canonical(text) == written


def test_microseconds_are_given_in_full() -> None:
    assert canonical("2020-01-01T01:00:00.000123+01:00", micro=True) == "2020-01-01T00:00:00.000123Z"
    with pytest.raises(ValueError, match=r'cannot parse "Z" as "\.000000"$'):
        canonical("2020-01-01T00:00:00Z", micro=True)


@pytest.mark.parametrize(("text", "says"), NO_TIMES.items())
def test_no_time(text: str, says: str) -> None:
    with pytest.raises(ValueError, match="parsing time") as caught:
        canonical(text)
    assert str(caught.value) == f'parsing time "{text}"{says}'
