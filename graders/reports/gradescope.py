"""Gradescope's `results.json`: https://gradescope-autograders.readthedocs.io/en/latest/specs/"""

from __future__ import annotations

import json
from typing import Any

from graders.reports import wording
from graders.reports.escaping import line, lines
from graders.result import Result
from graders.verdict import CheckResult, Outcome


def render(result: Result) -> str:
    """JSON. Without a score, neither here nor on a test, where there is none: Gradescope then shows a failed grading.

    Every format is `text`, which Gradescope escapes; `status` is only `passed` or `failed` there.
    """
    points = wording.points(result)
    content: dict[str, Any] = {
        "execution_time": round(result.seconds),
        "output": "\n".join(line(text) for text in (wording.headline(result), *result.limits)),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "tests": [_test(number, check, points is not None) for number, check in enumerate(result.checks, 1)],
        "extra_data": {"status": result.status, "key": result.key.model_dump(), "versions": _versions(result)},
    }
    if points is not None:
        content = {"score": points, **content}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _test(number: int, check: CheckResult, is_scored: bool) -> dict[str, Any]:
    texts = [] if check.outcome is Outcome.PASSED else [f"{label}: {line(x)}" for label, x in wording.details(check)]
    output = "\n\n".join(part for part in ("\n".join(texts), lines(check.transcript)) if part)
    score = {"score": wording.won(check), "max_score": check.points} if is_scored else {}
    return {
        **score,
        "status": "passed" if check.outcome is Outcome.PASSED else "failed",
        "name": line(check.title),
        "number": str(number),
        "output": output,
        "tags": [check.outcome],
        "visibility": "visible",
    }


def _versions(result: Result) -> dict[str, str]:
    return {line(name): line(version) for name, version in sorted(result.versions.items())}
