"""Classroom 50's `result.json`: https://github.com/foundation50/classroom50/wiki/Advanced-Autograding

Its runner gives an autograder what identifies the submission in the environment, stamps `owner` and `assignment_type`
itself, and refuses a result whose classroom or assignment is another's.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from graders.reports import wording
from graders.reports.escaping import line
from graders.result import Result
from graders.verdict import Outcome

SCHEMA = "classroom50/result/v1"


def render(result: Result, runner: Mapping[str, str] = os.environ) -> str | None:
    """JSON; None where there is no score, for the format needs one: exit non-zero then, which means infrastructure.

    `runner`: the runner's environment. Outside of it the submission's digest stands where URLs would.
    """
    score = wording.points(result)
    if score is None:
        return None
    digest = f"sha256:{result.key.submission}"
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "classroom": runner.get("CLASSROOM") or "none",
        "assignment": runner.get("ASSIGNMENT") or result.lab.name,
        "submission": runner.get("SUBMISSION_TAG") or digest,
        "commit": runner.get("COMMIT_URL") or digest,
        "release": runner.get("RELEASE_URL") or digest,
        "review": runner.get("REVIEW_URL") or runner.get("COMMIT_URL") or digest,
        "datetime": result.began,
        "score": score,
        "max-score": result.score.of if result.score else result.lab.points,
        "tests": [
            {
                "test-name": line(check.name),
                "passed": check.outcome is Outcome.PASSED,
                "score": wording.won(check),
                "max-score": check.points,
                "outcome": check.outcome,
                "message": line(check.todo or check.seen),
            }
            for check in result.checks
        ],
    }
    if result.problem:
        content["tests"] = [_invalid(result)]
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _invalid(result: Result) -> dict[str, Any]:
    """One test for the whole, so that the sum of the tests is the score."""
    return {
        "test-name": "submission",
        "passed": False,
        "score": 0,
        "max-score": result.lab.points,
        "outcome": result.status,
        "message": line(result.problem),
    }
