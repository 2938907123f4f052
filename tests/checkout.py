"""A checkout of one's own, and the `labs` command in it: nothing of the tests' work is left in the real one.

Its code is the real one's, by links: copied it would be compiled anew by each command. A test that changes some has it
copied before, by `own`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SECONDS = 60  # a command that takes longer hangs
LABS = [sys.executable, "-c", "from graders.cli import main; main()"]


class Course:
    """`path`: of the checkout. `environment`: for processes in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("graders", "pocketkube"):
            (path / name).symlink_to(ROOT / name)
        for name in ("labs", "manifests"):
            self._copy(name)
        for name in ("conftest.py", "pyproject.toml"):
            shutil.copy(ROOT / name, path)
        shutil.rmtree(path / "labs" / "headless" / "submission", ignore_errors=True)
        state = str(path / "state")
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(path),
            "XDG_STATE_HOME": state,
            "COLUMNS": "200",
            "TERM": "dumb",
        }

    def own(self, file: str) -> Path:
        """A file of the code, to be changed: `graders/judge.py`."""
        package = file.partition("/")[0]
        (self.path / package).unlink()
        self._copy(package)
        return self.path / file

    def labs(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return self._run([*LABS, *map(str, arguments)], environment)

    def pytest(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, "-m", "pytest", *map(str, arguments)], {})

    def pocketkube(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, "-m", "pocketkube", *map(str, arguments)], environment)

    def start_labs(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
        command = [*LABS, *map(str, arguments)]
        return subprocess.Popen(command, cwd=self.path, env=self.environment, text=True, **options)

    def _copy(self, name: str) -> None:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, self.path / name, symlinks=True, ignore=ignored)

    def _run(self, command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.path,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
