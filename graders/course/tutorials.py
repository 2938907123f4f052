"""Texts of a course that belong to no lab."""

from __future__ import annotations

from pathlib import Path

from graders.lab import ROOT

FOLDER = ROOT.parent / "docs" / "tutorial"


def tutorials() -> list[Path]:
    """Every Markdown file in docs/tutorial/, named as the user would."""
    found = sorted(FOLDER.glob("**/*.md"))
    return [path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path for path in found]
