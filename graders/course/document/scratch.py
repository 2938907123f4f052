"""The directory in which a document's reader would work."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from graders.lab import ROOT, Lab

COPIED = ("graders", "pocketkube", "labs", "manifests")
FILES = ("conftest.py", "pyproject.toml")
STATE = ".state"
SECONDS = 30  # for a cluster to end


def of_course(directory: Path, lab: Lab) -> None:
    """A copy of the course, without anybody's work, where the commands of the lab's README run as they stand.

    Compiled Python comes along: it would take longer to make it anew.
    """
    nobodys = shutil.ignore_patterns("submission")
    for name in COPIED:
        shutil.copytree(ROOT.parent / name, directory / name, symlinks=True, ignore=nobodys)
    for name in FILES:
        shutil.copy(ROOT.parent / name, directory)
    here = directory / "labs" / lab.name
    shutil.rmtree(here, ignore_errors=True)
    shutil.copytree(lab.directory, here, symlinks=True, ignore=nobodys)
    (directory / ".venv").symlink_to(Path(sys.prefix))


def environment(directory: Path) -> dict[str, str]:
    """What makes `labs` and `pytest` there work on the copy, and leave the user's own cluster alone."""
    return {"PYTHONPATH": str(directory), "XDG_STATE_HOME": str(directory / STATE)}


def end_cluster(directory: Path, environment: Mapping[str, str]) -> None:
    """End the cluster that the document has brought up and left, if there is one."""
    if (directory / STATE / "pocketkube").exists():
        words = [str(directory / ".venv" / "bin" / "labs"), "cluster", "down"]
        subprocess.run(words, cwd=directory, env=environment, capture_output=True, timeout=SECONDS, check=False)
