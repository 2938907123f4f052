"""A class on one cluster that exists already: the same verdicts, and nothing is left there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from pocketkube.cluster import CONTEXT, Cluster
from tests.checkout import SECONDS, Course
from tests.conftest import Kubectl


@pytest.fixture
def existing(cluster: Cluster) -> list[str | Path]:
    return ["--cluster", "existing", "--kubeconfig", cluster.kubeconfig, "--context", CONTEXT]


def wait_until_nothing_is_left(kubectl: Kubectl) -> None:
    names = kubectl("get", "namespaces", "-o", "name").stdout.split()
    for name in names:
        if name.startswith("namespace/lab-small-"):
            kubectl("wait", "--for=delete", name, "--timeout=60s")


def test_the_same_verdicts(
    small: Course, submissions: Path, tmp_path: Path, existing: list[str | Path], kubectl: Kubectl
) -> None:
    grades = tmp_path / "grades"
    done = small.labs("grade", "small", submissions, "--out", grades, "-n", "2", *existing)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {path.parent.name: json.loads(path.read_text()) for path in grades.glob("students/*/result.json")}
    assert {name: result["score"]["points"] for name, result in found.items()} == {
        "ann": 3,
        "ben": 1,
        "cid": 0,
        "dot": 0,
    }
    assert found["ann"]["key"]["cluster"] == "existing v1.36.2"
    wait_until_nothing_is_left(kubectl)


def test_interrupted_it_leaves_nothing(
    small: Course, submissions: Path, tmp_path: Path, existing: list[str | Path], kubectl: Kubectl
) -> None:
    module = small.path / "labs" / "small" / "test_small.py"
    begun = tmp_path / "begun"
    module.write_text(
        module.read_text()
        + f"""

@check(points=0)
def test_takes_long():
    '''It waits.'''
    import threading

    with open({str(begun)!r}, "w"):
        threading.Event().wait()
"""
    )
    os.mkfifo(begun)
    command = ["grade", "small", submissions, "--out", tmp_path / "grades", "-n", "2", *existing]
    grading = small.start_labs(*command, stdout=subprocess.DEVNULL, start_new_session=True)
    begun.open().close()  # opens when the other side does: a submission is being graded
    os.killpg(grading.pid, signal.SIGINT)
    assert grading.wait(SECONDS) != 0
    wait_until_nothing_is_left(kubectl)
