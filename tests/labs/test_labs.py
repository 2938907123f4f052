"""What `labs check` does not ask of this repository's labs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graders.lab import ROOT as LABS
from graders.lab import Lab, all_labs
from pocketkube.cluster import CONTEXT, Cluster

ALL = all_labs()


@dataclass(frozen=True, slots=True)
class Graded:
    exit_status: int
    output: str
    verdict: dict[str, Any]


def grade(lab: Lab, submission: Path, cluster: Cluster, tmp_path: Path, *options: str) -> Graded:
    """`pytest labs/NAME` as a user types it, on the running cluster."""
    result = tmp_path / "result.json"
    command = [sys.executable, "-m", "pytest", str(lab.directory), "--submission", str(submission)]
    command += ["--cluster", "existing", "--kubeconfig", str(cluster.kubeconfig), "--context", CONTEXT]
    command += ["--change-dns", "--result", str(result), "-p", "no:cacheprovider", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, cwd=LABS.parent)
    output = done.stdout + done.stderr
    assert "Traceback" not in output
    return Graded(done.returncode, output, json.loads(result.read_text()))


@pytest.mark.parametrize(("name", "delay"), [("debug", 6), ("statefulset", 3)])
def test_a_slow_start_is_no_failure(name: str, delay: int, cluster: Cluster, tmp_path: Path) -> None:
    lab = next(each for each in ALL if each.name == name)
    slow = tmp_path / "slow"
    shutil.copytree(lab.directory / "solution", slow)
    for path in slow.iterdir():
        probe = re.compile(r"^( +)periodSeconds: 1$", re.MULTILINE)
        path.write_text(probe.sub(rf"\1initialDelaySeconds: {delay}\n\1periodSeconds: 1", path.read_text()))
    done = grade(lab, slow, cluster, tmp_path)
    assert done.verdict["score"] == {"points": lab.points, "of": lab.points}, done.output


def test_two_gradings_that_change_dns_do_not_meet(cluster: Cluster, tmp_path: Path) -> None:
    lab = next(each for each in ALL if each.name == "externalname")
    places = [tmp_path / "one", tmp_path / "two"]
    with ThreadPoolExecutor(len(places)) as pool:
        for place in places:
            place.mkdir()
        both = list(pool.map(lambda place: grade(lab, lab.directory / "solution", cluster, place), places))
    assert [done.verdict["score"] for done in both] == [{"points": 10, "of": 10}] * 2, both


def test_without_leave_to_change_dns_what_needs_it_is_left_out(cluster: Cluster, tmp_path: Path) -> None:
    lab = next(each for each in ALL if each.name == "externalname")
    command = [sys.executable, "-m", "pytest", str(lab.directory), "--submission", str(lab.directory / "solution")]
    command += ["--cluster", "existing", "--kubeconfig", str(cluster.kubeconfig), "--context", CONTEXT]
    command += ["--result", str(tmp_path / "result.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, cwd=LABS.parent)
    assert "3 passed, 2 deselected" in done.stdout
    assert json.loads((tmp_path / "result.json").read_text())["score"] == {"points": 6, "of": 6}
