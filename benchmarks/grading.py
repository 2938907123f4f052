"""`python -m benchmarks.grading [--cluster kind] [COUNT ...]`: how many submissions a minute, and in how much memory.

A synthetic class of each COUNT (by default 20, 200 and 1,000) is graded by `labs grade`, as an instructor types it.
Prints, asserts nothing.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.synthetic_class import make

LABS = Path(sys.executable).parent / "labs"
SAMPLE_SECONDS = 0.5


def main() -> None:
    words = sys.argv[1:]
    options = ["--cluster", "pocket"]
    if "--cluster" in words:
        at = words.index("--cluster")
        options, words = words[at : at + 2], words[:at] + words[at + 2 :]
    print("submissions   seconds   a minute   MiB at most   seconds of one (median)   verdicts")
    for count in [int(word) for word in words] or [20, 200, 1000]:
        measure(count, options)


def measure(count: int, options: list[str]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        submissions, grades = Path(directory, "submissions"), Path(directory, "grades")
        make(submissions, count)
        began = time.perf_counter()
        command = [str(LABS), "grade", "headless", str(submissions), "--out", str(grades), *options]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as grading:
            most = peak_memory(grading)
        taken = time.perf_counter() - began
        results = [json.loads(path.read_text()) for path in grades.glob("students/*/result.json")]
    one = statistics.median([result["seconds"] for result in results if result["status"] == "graded"] or [0.0])
    verdicts = Counter(result["status"] for result in results)
    told = ", ".join(f"{number} {status}" for status, number in sorted(verdicts.items()))
    repeated = sum(result["tries"] > 1 for result in results)
    rate = count / taken * 60
    print(
        f"{count:11} {taken:9.1f} {rate:10.0f} {most >> 20:13} {one:25.2f}   {told}; {repeated} repeated alone",
        flush=True,
    )


def peak_memory(process: subprocess.Popen[bytes]) -> int:
    """Bytes that the process and all below it hold at most at one time, shared pages counted once (PSS), sampled."""
    most = 0
    while True:
        try:
            process.wait(SAMPLE_SECONDS)
            return most
        except subprocess.TimeoutExpired:
            most = max(most, sum(proportional_set_size(pid) for pid in below(process.pid)))


def below(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in below(int(child)))]


def proportional_set_size(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main()
