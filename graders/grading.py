"""One grading: a submission's objects in a cluster, and what came of each check."""

from __future__ import annotations

import time

from graders import clock
from graders.clusters import NoCluster, RunningCluster
from graders.lab import Lab
from graders.run import Run
from graders.submission import Document
from graders.verdict import CheckResult, GraderError


class Grading:
    """`problem` is one sentence, an error of ours that keeps the checks from running. `results`: {check: result}.

    `limits`: a sentence for each limit that was hit. `began`: UTC, RFC 3339.
    """

    def __init__(self, lab: Lab, documents: list[Document], namespace: str = "", *, fenced: bool = False) -> None:
        self.run = Run(lab, documents, namespace, fenced=fenced)
        self.results: dict[str, CheckResult] = {}
        self.problem = ""
        self.limits: list[str] = []
        self.began = clock.now()
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return time.monotonic() - self._started

    def begin(self, cluster: RunningCluster) -> None:
        """Apply everything; what goes wrong is kept as the `problem`."""
        try:
            self.run.begin(cluster)
        except (NoCluster, GraderError) as error:
            self.problem = str(error)
        except Exception as error:
            self.problem = f"the cluster does not answer: {type(error).__name__}: {error}"
