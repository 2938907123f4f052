"""A class of the small lab: what is tested here is how a class is graded, not the lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.small_lab import SERVICE


@pytest.fixture
def submissions(tmp_path: Path) -> Path:
    """Four students: right, wrong, without a Service of that name, and unreadable."""
    directory = tmp_path / "submissions"
    directory.mkdir()
    (directory / "ann.yaml").write_text(SERVICE)
    (directory / "ben.yaml").write_text(SERVICE.replace("clusterIP: None", "ports: [{port: 80}]"))
    (directory / "cid.yaml").write_text(SERVICE.replace("web", "wob"))
    (directory / "dot.yaml").write_text("kind: [")
    return directory
