"""A machine that cannot run pocketkube: the step that failed and the remedy, in one sentence, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def without(limit: str, command: list[str], tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run `command` where the kernel allows no further namespaces of that kind (namespaces(7), /proc/sys/user)."""
    script = f'echo 0 > /proc/sys/user/{limit} && exec "$@"'
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh", *command],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), "XDG_STATE_HOME": str(tmp_path)},
    )


@pytest.mark.parametrize(
    ("limit", "step"),
    [
        ("max_user_namespaces", "make a user namespace"),
        ("max_mnt_namespaces", "make mount, pid, network, uts and ipc namespaces"),
        ("max_net_namespaces", "make mount, pid, network, uts and ipc namespaces"),
    ],
)
def test_up_names_the_step_and_the_remedy(limit: str, step: str, tmp_path: Path) -> None:
    done = without(limit, [sys.executable, "-m", "pocketkube", "up"], tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"pocketkube cannot {step}: ")
    assert "Allow user namespaces: sysctl -w user.max_user_namespaces=65536." in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not (tmp_path / "pocketkube").exists()


def test_a_lab_says_so_and_scores_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "labs/headless", "--cluster", "pocket", "-p", "no:cacheprovider"]
    done = without("max_user_namespaces", command, tmp_path)
    assert done.returncode == 7, done.stdout + done.stderr
    assert "pocketkube cannot make a user namespace: " in done.stdout
    assert "Score" not in done.stdout
    assert "Traceback" not in done.stderr + done.stdout
