"""Reports of one submission: feedback.md, Gradescope, Classroom 50, and the schema of result.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, validate

from graders.reports import classroom50, feedback_md, gradescope
from graders.result import Result, Status

SCHEMA = Path(__file__).parents[2] / "docs" / "result.schema.json"
RUNNER = {
    "CLASSROOM": "net101",
    "ASSIGNMENT": "headless",
    "SUBMISSION_TAG": "submit/2026-09-01T10-00-00Z-abc",
    "COMMIT_URL": "https://github.com/o/r/commit/abc",
    "RELEASE_URL": "https://github.com/o/r/releases/tag/submit",
    "REVIEW_URL": "https://github.com/o/r/compare/a...abc",
}


def one(class_: list[Result], student: str) -> Result:
    return next(result for result in class_ if result.student.id == student)


def test_schema_is_current() -> None:
    current = json.dumps(Result.model_json_schema(by_alias=True), indent=1) + "\n"
    anew = (
        "import json, pathlib; from graders.result import Result; pathlib.Path('docs/result.schema.json')"
        ".write_text(json.dumps(Result.model_json_schema(by_alias=True), indent=1) + chr(10))"
    )
    assert SCHEMA.read_text() == current, f'write it anew: .venv/bin/python -c "{anew}"'


def test_results_are_as_the_schema_says(class_: list[Result]) -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    for result in class_:
        validate(json.loads(result.to_json()), schema)
        assert Result.model_validate_json(result.to_json()) == result


def test_feedback(class_: list[Result]) -> None:
    text = feedback_md.render(one(class_, "partly"))
    assert "**Result:** 1 of 6 points." in text
    assert "| 0/2 | failed | The name resolves to the ready Pods. |" in text
    for expected in (
        "**seen:** it resolved to nothing",
        "**expected:** it resolves to 10.244.0.5",
        "**to do:** No Pod has the label app=web. Select app: nginx.",
        "**read:** labs/headless/README.md#your-task",
        "```text\n$ nslookup demo\n** server can't find demo: NXDOMAIN\n```",
        "## blocked: curl connects.",
    ):
        assert expected in text
    assert "## passed" not in text


def test_feedback_on_invalid(class_: list[Result]) -> None:
    text = feedback_md.render(one(class_, "invalid"))
    assert "0 of 6 points: the submission is invalid. a.yaml:3: it is not YAML. Mend this line." in text


@pytest.mark.parametrize("student", ["error", "early"])
def test_feedback_on_an_error_of_ours(class_: list[Result], student: str) -> None:
    text = feedback_md.render(one(class_, student))
    assert "not of the submission" in text
    assert "a person will look" in text
    assert "0/4" not in text
    assert " of 6" not in text


def test_feedback_says_which_limit_was_hit(class_: list[Result]) -> None:
    assert "- limit: More than 300 s" in feedback_md.render(one(class_, "slow"))


def test_gradescope(class_: list[Result], data: Path) -> None:
    schema = json.loads((data / "gradescope.schema.json").read_text())
    for result in class_:
        content = json.loads(gradescope.render(result))
        validate(content, schema)
        tests = content["tests"]
        if result.status is Status.ERROR:
            # With a score on any test Gradescope would add them up.
            assert "score" not in content
            assert not any("score" in test for test in tests)
            assert "a person will look" in content["output"]
        elif result.status is Status.GRADED:
            assert content["score"] == sum(test["score"] for test in tests)
        else:
            assert content["score"] == 0
        assert not any(test["visibility"] == "hidden" for test in tests), "a hidden test hides the total"


def test_classroom50(class_: list[Result], data: Path) -> None:
    schema = json.loads((data / "classroom50.schema.json").read_text())
    for result in class_:
        for runner in (RUNNER, {}):
            text = classroom50.render(result, runner)
            if result.status is Status.ERROR:
                assert text is None
                continue
            assert text is not None
            content = json.loads(text)
            validate(content, schema)
            assert content["score"] == sum(test["score"] for test in content["tests"])
            assert content["max-score"] == sum(test["max-score"] for test in content["tests"])


def test_classroom50_says_what_its_runner_said(class_: list[Result]) -> None:
    content: dict[str, Any] = json.loads(classroom50.render(one(class_, "partly"), RUNNER) or "")
    assert {content[name] for name in ("classroom", "assignment", "submission", "commit", "release", "review")} == set(
        RUNNER.values()
    )
