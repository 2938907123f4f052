"""`python -m benchmarks.repeat [TIMES]`: grade every lab's solution so often, and count what got less than full marks.

A correct solution that is rejected is the worst a grader can do. Two clusters side by side, so under load.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from graders.lab import all_labs
from pocketkube import cluster as pocket

SIDE_BY_SIDE = 2
ROOT = Path(__file__).parent.parent


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    began = time.perf_counter()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as workers:
        parts = workers.map(grade, [times // SIDE_BY_SIDE] * SIDE_BY_SIDE)
        failures = [failure for part in parts for failure in part]
    total = times // SIDE_BY_SIDE * SIDE_BY_SIDE * len(all_labs())
    taken = time.perf_counter() - began
    for failure in failures:
        print(failure)
    print(
        f"{len(failures)} of {total} gradings of a solution got less than full marks; {total / taken * 60:.0f} a minute"
    )


def grade(times: int) -> list[str]:
    """The reports of those that failed."""
    failures = []
    with pocket.start() as cluster:
        where = ["--cluster", "existing", "--kubeconfig", str(cluster.kubeconfig), "--context", pocket.CONTEXT]
        for number in range(times):
            for lab in all_labs():
                command = [sys.executable, "-m", "pytest", "-q", f"labs/{lab.name}", "--change-dns", *where]
                command += ["--submission", f"labs/{lab.name}/solution", "-v", "-p", "no:cacheprovider"]
                done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    failures.append(f"--- {lab.name}, repetition {number}\n{done.stdout}{done.stderr}")
    return failures


if __name__ == "__main__":
    main()
