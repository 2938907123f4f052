"""What the students' CI runs: `python -m graders.course.release.grade_begun` grades every lab that is begun."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from graders.lab import Lab, all_labs
from graders.reports import feedback_md, wording
from graders.result import Result


def main() -> int:
    """0 where all checks of all these labs pass, or none is begun. Feedback goes to the job's summary.

    Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#adding-a-job-summary
    """
    results = [_graded(lab) for lab in all_labs() if lab.submission.exists()]
    for result in results:
        print(f"{result.lab.name}: {wording.in_a_line(result)}")
    if not results:
        print("No lab is begun. Begin: labs start NAME, and push labs/NAME/submission/.")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.writelines(f"{feedback_md.render(result)}\n" for result in results)
    return 0 if all(result.score and result.score.points == result.score.of for result in results) else 1


def _graded(lab: Lab) -> Result:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "result.json")
        command = [sys.executable, "-m", "pytest", str(lab.directory), "--cluster", "pocket", "--result", str(path)]
        subprocess.run(command, check=False)
        return Result.model_validate_json(path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
