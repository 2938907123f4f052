"""The whole verdict as JSON, for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from graders.verdict import CheckResult, Score


def write(path: Path, results: list[CheckResult], score: Score | None, problem: str) -> None:
    """`score` is null, and `problem` says why, where the submission could not be graded."""
    content = {
        "score": asdict(score) if score else None,
        "problem": problem,
        "checks": [asdict(result) for result in results],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
