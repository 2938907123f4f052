"""What one pytest process grades, and on which cluster."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from graders.clusters import RunningCluster
from graders.grading import Grading
from graders.lab import Lab

EXIT_INVALID = 6  # the submission cannot be read or is not allowed; pytest itself uses 0 to 5
EXIT_ERROR = 7  # ours: the cluster or the grader


@dataclass(slots=True)
class Session:
    """`grading`: the one that goes on, to which the check that runs belongs."""

    lab: Lab
    cluster: RunningCluster | None = None
    grading: Grading | None = None


KEY = pytest.StashKey[Session]()
