"""Every lab on its solution, its starter and each named mistake: it loses exactly what it should, for that reason."""

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
MISTAKES = [(lab, path) for lab in ALL for path in sorted((lab.directory / "mistakes").glob("*.yaml"))]


@dataclass(frozen=True, slots=True)
class Graded:
    exit_status: int
    output: str
    verdict: dict[str, Any]

    def names(self, outcome: str) -> set[str]:
        return {check["name"] for check in self.verdict["checks"] if check["outcome"] == outcome}


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


def declared(mistake: Path, what: str) -> list[str]:
    """The words after `# WHAT:` in a mistake's header."""
    found = re.search(rf"^# {what}: (.*)$", mistake.read_text(), re.MULTILINE)
    assert found, f"{mistake} declares no `# {what}:`"
    return found[1].split()


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.name)
def test_solution_gets_full_marks(lab: Lab, cluster: Cluster, tmp_path: Path) -> None:
    done = grade(lab, lab.directory / "solution", cluster, tmp_path)
    assert done.verdict["score"] == {"points": lab.points, "of": lab.points}, done.output
    assert done.exit_status == 0


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.name)
def test_starter_does_not(lab: Lab, cluster: Cluster, tmp_path: Path) -> None:
    done = grade(lab, lab.directory / "starter", cluster, tmp_path)
    assert done.verdict["score"]["points"] < lab.points / 2, done.output
    assert done.exit_status == 1
    assert "to do:" in done.output


@pytest.mark.parametrize(("lab", "mistake"), MISTAKES, ids=lambda each: getattr(each, "stem", None) or each.name)
def test_mistake_fails_what_it_declares(lab: Lab, mistake: Path, cluster: Cluster, tmp_path: Path) -> None:
    done = grade(lab, mistake, cluster, tmp_path)
    assert done.names("failed") == set(declared(mistake, "fails")), done.output
    assert not done.names("error")
    first = next(check for check in done.verdict["checks"] if check["outcome"] == "failed")
    assert (first["diagnosis"] or {}).get("code", "none") == declared(mistake, "diagnosis")[0], done.output
    assert done.exit_status == 1


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


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.name)
def test_lab_is_complete(lab: Lab) -> None:
    """A text with a section for each check, three hints in steps, at least eight mistakes."""
    readme = (lab.directory / "README.md").read_text()
    headings = {
        re.sub(r"[^\w-]", "", line[3:].lower().replace(" ", "-")) for line in re.findall(r"^## .*", readme, re.M)
    }
    module = (lab.directory / f"test_{lab.name}.py").read_text()
    assert set(re.findall(r"^def test_(\w+)", module, re.M)) == set(lab.checks)
    assert {text.section for text in lab.checks.values()} <= headings
    assert all(len(text.hints) == 3 for text in lab.checks.values())
    assert len(list((lab.directory / "mistakes").glob("*.yaml"))) >= 8
    assert "What really happens" in readme


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
