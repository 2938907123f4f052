"""How submissions come in: from what was handed in to the manifests in it. Nothing is executed or unpacked to disk."""

from graders.intake.entry import Entry
from graders.intake.rules import collect

__all__ = ["Entry", "collect"]
