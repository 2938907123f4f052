"""`pytest labs/NAME`: one submission, from the command line to the score."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from graders.admit import admit
from graders.clusters import NoCluster
from graders.clusters.choose import choose
from graders.grading import Grading
from graders.reports import result_json, terminal
from graders.session import EXIT_ERROR, EXIT_INVALID, Session
from graders.submission import InvalidSubmission
from graders.verdict import GraderError, Outcome, score


class SingleGrading:
    """`problem` is one sentence that keeps the checks from running; `exit_status` then is not pytest's."""

    def __init__(self, config: pytest.Config, session: Session) -> None:
        self._config = config
        self._session = session
        self._begun = False
        self.problem = ""
        self.exit_status = 0
        given = config.getoption("--submission")
        self._path = Path(given) if given else session.lab.default_submission()
        try:
            if given == "":
                what = "it names no directory. Name the one that holds your manifests."
                raise InvalidSubmission("--submission", what)
            session.grading = Grading(session.lab, admit(session.lab, self._path))
            session.cluster = choose(config)
        except InvalidSubmission as error:
            self.problem, self.exit_status = f"invalid submission: {error}", EXIT_INVALID
        except (NoCluster, GraderError) as error:
            self._fail(str(error))

    def pytest_report_header(self) -> list[str]:
        self._begin()
        lines = [f"lab: {self._session.lab.title}", f"submission: {self._path}"]
        cluster = self._session.cluster
        if cluster:
            version = f", Kubernetes {cluster.version}" if cluster.version else ""
            lines.append(f"cluster: {cluster.name}{version} ({cluster.why})")
        return lines

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._begin()  # with -q no header asked for it
        if self.problem:
            items.clear()

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        grading = self._session.grading
        if grading and any(result.outcome is Outcome.ERROR for result in grading.results.values()):
            self.exit_status = EXIT_ERROR
        if self.exit_status:
            session.exitstatus = self.exit_status

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        grading, cluster = self._session.grading, self._session.cluster
        results = list(grading.results.values()) if grading else []
        log = cluster.log() if cluster and self.exit_status == EXIT_ERROR else ""
        points = None if self.problem else score(results)
        terminal.show(self._config, terminalreporter, results, points, self.problem, log)
        if self._config.getoption("--result"):
            result_json.write(Path(self._config.getoption("--result")), results, points, self.problem)

    def pytest_unconfigure(self) -> None:
        grading, cluster = self._session.grading, self._session.cluster
        try:
            if grading and cluster and cluster.api is not None:
                grading.run.end(cluster_goes=cluster.ours)
        except GraderError as error:
            print(error, file=sys.stderr)
        finally:
            if cluster:
                cluster.end()

    def _begin(self) -> None:
        """Bring everything up before the first check; once."""
        begun, self._begun = self._begun, True
        grading, cluster = self._session.grading, self._session.cluster
        if begun or self.problem or not grading or not cluster:
            return
        try:
            cluster.connect()
        except NoCluster as error:
            self._fail(str(error))
            return
        grading.begin(cluster)
        if grading.problem:
            self._fail(grading.problem)

    def _fail(self, problem: str) -> None:
        """An error of ours: no check runs, and there is no score."""
        self.problem, self.exit_status = problem, EXIT_ERROR
