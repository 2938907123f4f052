"""One grading, from the command line to the score: which submission, which cluster, what came of each check."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from graders import lab as labs
from graders.clusters import NoCluster, RunningCluster
from graders.run import Run
from graders.submission import InvalidSubmission
from graders.verdict import CheckResult, GraderError

EXIT_INVALID = 6  # the submission cannot be read or is not allowed; pytest itself uses 0 to 5
EXIT_ERROR = 7  # ours: the cluster or the grader
KEY = pytest.StashKey["Session"]()


class Session:
    """`problem` is one sentence that keeps the checks from running; `exit_status` then is not pytest's."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run: Run | None = None
        self.cluster: RunningCluster | None = None
        self.begun = False
        self.problem = ""
        self.exit_status = 0
        self.results: dict[str, CheckResult] = {}

    def prepare(self, lab_directory: Path) -> None:
        """Read the submission and start the cluster; what goes wrong is kept as one sentence."""
        try:
            lab = labs.load(lab_directory)
            given = self.config.getoption("--submission")
            if given == "":
                raise InvalidSubmission(
                    "--submission", "it names no directory. Name the one that holds your manifests."
                )
            self.run = Run(lab, Path(given) if given else lab.default_submission())
            self.cluster = choose_cluster(self.config)
        except InvalidSubmission as error:
            self.problem, self.exit_status = f"invalid submission: {error}", EXIT_INVALID
        except (NoCluster, GraderError) as error:
            self.fail(str(error))

    def begin(self) -> None:
        """Bring everything up before the first check; once."""
        begun, self.begun = self.begun, True
        if begun or self.problem or not self.run or not self.cluster:
            return
        try:
            self.run.begin(self.cluster)
        except (NoCluster, GraderError) as error:
            self.fail(str(error))
        except Exception as error:
            self.fail(f"the cluster does not answer: {type(error).__name__}: {error}")

    def fail(self, problem: str) -> None:
        """An error of ours: no check runs, and there is no score."""
        self.problem, self.exit_status = problem, EXIT_ERROR

    def end(self) -> None:
        if not self.run or not self.cluster:
            return
        try:
            self.run.end(self.cluster)
        except GraderError as error:
            print(error, file=sys.stderr)
        finally:
            self.cluster.stop()


def choose_cluster(config: pytest.Config) -> RunningCluster:
    """The cluster that the command line asks for; NoCluster with the remedy when it cannot be had."""
    wanted = config.getoption("--cluster")
    if wanted == "existing":
        from graders.clusters import existing  # noqa: PLC0415

        kubeconfig, context = config.getoption("--kubeconfig"), config.getoption("--context")
        return existing.connect(kubeconfig, context, dns_may_change=config.getoption("--change-dns"))
    why = f"--cluster {wanted}"
    if wanted == "auto":
        why = "kind is not ready here"
        if shutil.which("kind"):
            from graders.clusters import kind  # noqa: PLC0415

            ready = kind.readiness()
            if ready:
                return kind.start(config, ready)
    if wanted == "kind":
        from graders.clusters import kind  # noqa: PLC0415

        return kind.start(config, why)
    from graders.clusters import pocket  # noqa: PLC0415

    return pocket.start(why)
