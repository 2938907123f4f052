"""A cluster's life: it starts, says so, and leaves nothing behind however it ends."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pocketkube import cluster as pocket


def processes_below(pid: int) -> list[int]:
    """All descendants of a process, as the host sees them."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *processes_below(int(child))]
    return found


def wait_until_ended(pids: list[int]) -> None:
    """Wait, in the kernel's own way, for processes that may be gone already."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            ended, _, _ = select.select([descriptor], [], [], 10)
            assert ended, f"process {pid} still runs"
        finally:
            os.close(descriptor)


@pytest.fixture
def running(tmp_path: Path) -> pocket.Cluster:
    directory = tmp_path / "cluster"
    directory.mkdir(mode=0o700)
    return pocket.start(directory).wait_ready()


def test_kubeconfig_is_for_its_owner_alone(cluster: pocket.Cluster) -> None:
    assert cluster.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_stop_ends_every_process_and_removes_the_files(running: pocket.Cluster) -> None:
    assert running._process
    pids = [running._process.pid, *processes_below(running._process.pid)]
    running.stop()
    wait_until_ended(pids)
    assert not running.directory.exists()
    assert not running.alive()


@pytest.mark.parametrize("victim", [0, 1], ids=["keeper", "daemon"])
def test_kill_of_either_process_ends_everything(running: pocket.Cluster, victim: int) -> None:
    assert running._process
    pids = [running._process.pid, *processes_below(running._process.pid)]
    os.kill(pids[victim], signal.SIGKILL)
    running._process.wait(10)
    wait_until_ended(pids)
    running.stop()
    assert not running.directory.exists()


def test_kill_of_the_starter_ends_everything_and_removes_the_files(tmp_path: Path) -> None:
    script = """
import json, sys, time
from pathlib import Path
from pocketkube import cluster
started = cluster.start(Path(sys.argv[1])).wait_ready()
print(started._process.pid, flush=True)
sys.stdin.read()
"""
    directory = tmp_path / "cluster"
    directory.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout
        keeper = int(starter.stdout.readline())
        pids = [keeper, *processes_below(keeper)]
        starter.kill()
    wait_until_ended(pids)
    assert not directory.exists()


def test_up_stays_and_down_ends_it(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path)}

    def command(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pocketkube", name],
            env=environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    assert command("status").returncode == 1
    up = command("up")
    assert up.returncode == 0, up.stderr
    try:
        assert "pocketkube is up already" in command("up").stdout
        assert command("kubeconfig").stdout.strip() == str(tmp_path / "pocketkube" / "kubeconfig")
        keeper = json.loads((tmp_path / "pocketkube" / "process.json").read_text())["pid"]
        pids = [keeper, *processes_below(keeper)]
    finally:
        down = command("down")
    assert down.returncode == 0, down.stderr
    wait_until_ended(pids)
    assert not (tmp_path / "pocketkube").exists()
    assert command("status").returncode == 1
