"""The headless lab on its solution, its starter, and every named mistake: each loses exactly what it should."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pocketkube.cluster import CONTEXT, Cluster

ROOT = Path(__file__).parent.parent.parent
LAB = ROOT / "labs" / "headless"
MISTAKES = sorted((LAB / "mistakes").glob("*.yaml"))
NEEDED = {
    "is_headless": None,
    "dns_answers_with_every_ready_pod": "is_headless",
    "dns_follows_the_pods": "dns_answers_with_every_ready_pod",
    "curl_connects_to_a_pod": "dns_answers_with_every_ready_pod",
    "each_pod_is_reached": "curl_connects_to_a_pod",
    "service_port_is_not_mapped": "dns_answers_with_every_ready_pod",
    "contrast_has_one_address": "dns_answers_with_every_ready_pod",
    "srv_carries_the_containers_port": "dns_answers_with_every_ready_pod",
}


def grade(submission: Path, cluster: Cluster) -> subprocess.CompletedProcess[str]:
    """`pytest labs/headless` as a user types it, on the running cluster."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        str(LAB),
        "-v",
        "--submission",
        str(submission),
        "-p",
        "no:cacheprovider",
    ]
    command += ["--cluster", "existing", "--kubeconfig", str(cluster.kubeconfig), "--context", CONTEXT]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, cwd=ROOT)


def outcomes(output: str) -> dict[str, str]:
    return dict(re.findall(r"::test_(\w+) (PASSED|FAILED|SKIPPED|ERROR)", output))


def test_solution_gets_full_marks(cluster: Cluster) -> None:
    done = grade(LAB / "solution", cluster)
    assert "Score: 10/10" in done.stdout, done.stdout
    assert done.returncode == 0


def test_starter_does_not(cluster: Cluster) -> None:
    done = grade(LAB / "starter", cluster)
    assert "Score: 0/10" in done.stdout, done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda path: path.stem)
def test_mistake_fails_what_it_declares(mistake: Path, cluster: Cluster) -> None:
    fails = set(re.findall(r"\w+", mistake.read_text().splitlines()[0].partition("fails:")[2]))
    blocked: set[str] = set()
    for name, needed in NEEDED.items():
        if needed in fails | blocked:
            blocked.add(name)
    done = grade(mistake, cluster)
    found = outcomes(done.stdout)
    expected = {name: "FAILED" if name in fails else "SKIPPED" if name in blocked else "PASSED" for name in NEEDED}
    assert found == expected, done.stdout
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
