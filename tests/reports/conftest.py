"""Results made by hand: one of each kind, and as hostile as wished."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graders.result import Key, LabOfResult, Result, Status, Student
from graders.verdict import CheckResult, Diagnosis, Outcome, Score

ResultOf = Callable[..., Result]

PASSED = CheckResult("is_headless", "The Service is headless.", 1, Outcome.PASSED, transcript="$ kubectl get svc\nok\n")
FAILED = CheckResult(
    "dns_answers",
    "The name resolves to the ready Pods.",
    2,
    Outcome.FAILED,
    seen="it resolved to nothing",
    expected="it resolves to 10.244.0.5",
    diagnosis=Diagnosis("no-endpoints", "No Pod has the label app=web.", "Select app: nginx."),
    transcript="$ nslookup demo\n** server can't find demo: NXDOMAIN\n",
    read="headless/README.md#your-task",
    seconds=1.2345,
)
BLOCKED = CheckResult("curl_connects", "curl connects.", 3, Outcome.BLOCKED, seen="dns_answers has to pass first")
ERROR = CheckResult("each_pod", "Each Pod is met.", 4, Outcome.ERROR, seen="the cluster does not answer")


def make(
    student: str = "doe-jane",
    status: Status = Status.GRADED,
    checks: tuple[CheckResult, ...] = (PASSED, FAILED, BLOCKED),
    name: str = "",
    platform: Any = "",
    platform_id: str = "",
    contents: str = "",
    title: str = "A headless Service",
    of: int = 6,
    **more: Any,
) -> Result:
    """A result whose score follows from its checks."""
    score = {
        Status.GRADED: Score(sum(check.points for check in checks if check.outcome is Outcome.PASSED), of),
        Status.INVALID: Score(0, of),
        Status.ERROR: None,
    }[status]
    return Result(
        student=Student(id=student, name=name or student, platform=platform, platform_id=platform_id),
        lab=LabOfResult(name="headless", title=title, points=of),
        key=Key(
            submission=f"5{student}", contents=contents or f"c{student}", lab="1ab", grader="9", cluster="kind 1.36"
        ),
        status=status,
        score=score,
        checks=checks,
        **{"began": "2026-09-01T10:00:00Z", "seconds": 3.25, "versions": {"python": "3.11"}, **more},
    )


@pytest.fixture(scope="session")
def result_of() -> ResultOf:
    return make


@pytest.fixture(scope="session")
def class_() -> list[Result]:
    """One of each kind."""
    return [
        make("full", checks=(PASSED,), of=1, contents="same"),
        make("partly", contents="same"),
        make("invalid", Status.INVALID, (), problem="a.yaml:3: it is not YAML. Mend this line."),
        make("error", Status.ERROR, (PASSED, ERROR), problem="the cluster does not answer"),
        make("early", Status.ERROR, (), problem="the cluster did not start"),
        make("twice", tries=2, first_try="error: the cluster does not answer"),
        make("same-twice", tries=2, first_try="1/6, failed: dns_answers"),
        make("slow", limits=("More than 300 s: the checks that were not run count as failed.",)),
    ]


@pytest.fixture(scope="session")
def data() -> Path:
    return Path(__file__).parent / "data"
