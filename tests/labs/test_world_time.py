"""The stand-in for worldtimeapi.org says what that says: the fields of the course text, with the right values."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Kubectl

MANIFEST = Path(__file__).parent.parent.parent / "manifests" / "world-time.yaml"
PATH = "/api/timezone/America/Toronto"
FIELDS = [
    *("utc_offset", "timezone", "day_of_week", "day_of_year", "datetime", "utc_datetime", "unixtime", "raw_offset"),
    *("week_number", "dst", "abbreviation", "dst_offset", "dst_from", "dst_until", "client_ip"),
]
WINTER = {"utc_offset": "-05:00", "dst": False, "abbreviation": "EST", "dst_offset": 0}
SUMMER = {"utc_offset": "-04:00", "dst": True, "abbreviation": "EDT", "dst_offset": 3600}


def answer_at(unixtime: int, directory: Path) -> dict[str, Any]:
    """What the clock writes at an instant: its own script, with another `date`, up to the first answer."""
    deployment = next(yaml.safe_load_all(MANIFEST.read_text()))
    containers = deployment["spec"]["template"]["spec"]["containers"]
    script = next(each for each in containers if each["name"] == "clock")["command"][2]
    fixed = (
        f'date() {{ [ "$1" = -d ] || set -- -d @{unixtime} "$@"; command date "$@"; }}\nmv() {{ cat "$1"; exit; }}\n'
    )
    command = ["busybox", "sh", "-c", fixed + script.replace("/answers", str(directory))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    answer: dict[str, Any] = json.loads(re.sub("<!--.*-->", "192.0.2.1", done.stdout))
    return answer


@pytest.mark.parametrize(
    ("unixtime", "expected"),
    [
        # The example of the course text.
        (1767037285, {**WINTER, "day_of_week": 1, "day_of_year": 363, "week_number": 1, "dst_from": None}),
        (1772953199, {**WINTER, "day_of_week": 0, "day_of_year": 67, "week_number": 10, "dst_until": None}),
        # A second later, on 8 March 2026 at 2:00, summer time begins.
        (1772953200, {**SUMMER, "dst_from": "2026-03-08T07:00:00+00:00", "dst_until": "2026-11-01T06:00:00+00:00"}),
        (1793512799, {**SUMMER, "day_of_week": 0, "day_of_year": 305, "week_number": 44}),
        (1793512800, {**WINTER, "day_of_year": 305, "dst_from": None, "dst_until": None}),
        (1751328000, {**SUMMER, "dst_from": "2025-03-09T07:00:00+00:00", "dst_until": "2025-11-02T06:00:00+00:00"}),
        (1767589200, {**WINTER, "day_of_year": 5, "week_number": 2}),
    ],
)
def test_the_clock_is_right(unixtime: int, expected: dict[str, Any], tmp_path: Path) -> None:
    answer = answer_at(unixtime, tmp_path)
    assert list(answer) == FIELDS
    assert {name: answer[name] for name in expected} == expected
    assert answer["unixtime"] == unixtime
    assert answer["raw_offset"] == -18000
    assert answer["datetime"].endswith(answer["utc_offset"])
    for name in ("datetime", "utc_datetime"):
        assert datetime.fromisoformat(answer[name]).timestamp() == unixtime


def test_it_answers_in_the_cluster(kubectl: Kubectl, own_demo: str) -> None:
    kubectl("apply", "-f", str(MANIFEST), namespace=own_demo)
    kubectl("rollout", "status", "deploy/world-time", "--timeout=60s", namespace=own_demo)
    again = ("--retry", "60", "--retry-delay", "1", "--retry-connrefused")  # until kube-proxy knows the Service
    curl = ["exec", "tiny-tools", "--", "curl", "-si", *again, f"http://world-time{PATH}"]
    head, _, body = kubectl(*curl, namespace=own_demo).stdout.replace("\r", "").partition("\n\n")
    answer = json.loads(body)
    assert "Content-Type: application/json" in head
    assert list(answer) == FIELDS
    assert abs(answer["unixtime"] - datetime.now(UTC).timestamp()) < 10
    address = ["get", "pod", "tiny-tools", "-o", "jsonpath={.status.podIP}"]
    assert answer["client_ip"] == kubectl(*address, namespace=own_demo).stdout
