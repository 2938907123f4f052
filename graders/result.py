"""What is kept of one submission's grading: `result.json`, described by docs/result.schema.json."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from graders.verdict import CheckResult, Outcome, Score


class Status(StrEnum):
    """`invalid`: it cannot be read, or has what the lab does not allow. `error`: ours, and never a score."""

    GRADED = "graded"
    INVALID = "invalid"
    ERROR = "error"


class Part(BaseModel):
    """Of a result: what is not known here is refused, and nothing is changed once it is made."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Student(Part):
    """`id` is safe in file names; `name` is what was handed in under, as it was, and may hold anything.

    `platform` and `platform_id`: the learning platform whose naming it follows, and its own id of the student there.
    """

    id: str
    name: str
    platform: Literal["", "canvas", "moodle", "gradescope"] = ""
    platform_id: str = ""


class Key(Part):
    """What a verdict depends on; as long as all of it is the same, the verdict stands. SHA-256 in hex, and a version.

    `contents`: of the files alone, whatever their names: equal where two students handed in the same.
    """

    submission: str
    contents: str
    lab: str
    grader: str
    cluster: str


class LabOfResult(Part):
    name: str
    title: str
    points: int


class Result(Part):
    """`score` is null where status is `error`, and 0 where it is `invalid`; then `problem` says why.

    `began`: UTC, RFC 3339. `seconds`: how long the grading took. `tries`: 2 where it was repeated alone; then
    `first_try` says what the first came to. `limits`: a sentence for each limit that was hit.
    """

    schema_: Literal["service-labs/result/v1"] = Field(default="service-labs/result/v1", alias="schema")
    student: Student
    lab: LabOfResult
    key: Key
    status: Status
    score: Score | None
    problem: str = ""
    checks: tuple[CheckResult, ...] = ()
    limits: tuple[str, ...] = ()
    versions: dict[str, str] = Field(default_factory=dict)
    began: str
    seconds: float
    tries: int = 1
    first_try: str = ""

    @property
    def definite(self) -> bool:
        """Whether every failure has a cause in the submission itself, that waiting longer could not have mended."""
        failed = [check for check in self.checks if check.outcome is Outcome.FAILED]
        return not self.limits and all(check.diagnosis is not None and check.diagnosis.final for check in failed)

    def to_json(self) -> str:
        return self.model_dump_json(by_alias=True, indent=1) + "\n"
