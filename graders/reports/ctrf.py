"""CTRF, the Common Test Report Format: https://github.com/ctrf-io/ctrf/blob/main/schema/ctrf.schema.json"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from graders.reports import wording
from graders.reports.escaping import line, lines
from graders.result import Result, Status
from graders.roster import Roster
from graders.verdict import CheckResult, Outcome

SPECIFICATION = "0.1.0"
STATUSES = ("passed", "failed", "skipped", "pending", "other")
# An error of ours is neither passed nor failed.
STATUS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.BLOCKED: "skipped",
    Outcome.ERROR: "other",
}


def render(results: Sequence[Result], roster: Roster | None) -> str:  # noqa: ARG001  every report of a class takes it
    """JSON. Times are milliseconds since 1970, durations milliseconds; points are in `extra`."""
    tests = [test for result in sorted(results, key=lambda each: each.student.id) for test in _tests(result)]
    counts = Counter(test["status"] for test in tests)
    begins = [_began(result) for result in results]
    ends = [_began(result) + _milliseconds(result.seconds) for result in results]
    content = {
        "reportFormat": "CTRF",
        "specVersion": SPECIFICATION,
        "results": {
            "tool": {"name": "service-labs"},
            "summary": {
                "tests": len(tests),
                **{status: counts[status] for status in STATUSES},
                "start": min(begins, default=0),
                "stop": max(ends, default=0),
                "extra": {"students": len(results), **_scores(results)},
            },
            "tests": tests,
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _tests(result: Result) -> list[dict[str, Any]]:
    tests = [_test(result, check) for check in result.checks]
    if result.status is Status.INVALID:
        tests.append(_whole(result, "submission", "failed"))
    elif wording.is_unexplained(result):
        tests.append(_whole(result, "grading", "other"))
    return tests


def _test(result: Result, check: CheckResult) -> dict[str, Any]:
    extra: dict[str, Any] = {"of": check.points}
    if check.outcome is not Outcome.ERROR:
        extra["points"] = wording.won(check)
    test = {
        **_about(result, check.title, STATUS[check.outcome], check.seconds),
        "rawStatus": check.outcome,
        "extra": extra,
    }
    if check.diagnosis:
        extra["diagnosis"] = line(check.diagnosis.code)
    if check.outcome is not Outcome.PASSED:
        test["message"] = "\n".join(f"{label}: {line(text)}" for label, text in wording.details(check))
        test["trace"] = lines(check.transcript)
    return test


def _whole(result: Result, name: str, status: str) -> dict[str, Any]:
    about = _about(result, name, status, 0)
    return {**about, "rawStatus": result.status, "message": line(result.problem)}


def _about(result: Result, name: str, status: str, seconds: float) -> dict[str, Any]:
    suite = [line(result.lab.name), line(result.student.id)]
    about = {"name": line(name) or "check", "status": status, "duration": _milliseconds(seconds), "suite": suite}
    return {**about, "retries": result.tries - 1} if result.tries > 1 else about


def _scores(results: Sequence[Result]) -> dict[str, dict[str, str]]:
    ordered = sorted(results, key=lambda each: each.student.id)
    return {"verdicts": {line(result.student.id): wording.verdict(result) for result in ordered}}


def _began(result: Result) -> int:
    return _milliseconds(datetime.fromisoformat(result.began).timestamp())


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
