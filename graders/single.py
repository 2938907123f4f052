"""`pytest labs/NAME`: one submission, from the command line to the score."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from graders.admit import admit
from graders.clusters import NoCluster
from graders.clusters.choose import choose
from graders.grader_module import written_checks
from graders.grading import Grading
from graders.reports import terminal
from graders.selection import checks, needing_dns, points_of
from graders.session import EXIT_ERROR, EXIT_INVALID, Session
from graders.submission import Document, InvalidSubmission
from graders.verdict import GraderError, Outcome, score


class SingleGrading:
    """What keeps the checks from running is the grading's `problem`; `exit_status`, unless 0, replaces pytest's."""

    def __init__(self, config: pytest.Config, session: Session) -> None:
        self._config = config
        self._session = session
        self._begun = False
        self._chosen = self._all = 0
        self._left_out: Sequence[pytest.Item] = ()
        self._cluster_failed = False
        self._exit_status = 0
        self._result_path = _writable(config.getoption("--result"))
        given = config.getoption("--submission")
        self._path = session.lab.default_submission() if given is None else Path(given)
        documents: list[Document] = []
        problem = ""
        try:
            self._chosen = self._all = len(written_checks(session.lab))
            documents = _admitted(session, self._path, given)
            session.cluster = choose(config)
        except InvalidSubmission as error:
            problem, self._exit_status = str(error), EXIT_INVALID
        except (NoCluster, GraderError) as error:
            problem = str(error)
        self._grading = session.grading = Grading(session.lab, documents)
        self._grading.problem = problem

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
        if self._grading.problem:
            items.clear()
        elif self._session.cluster and not self._session.cluster.dns_may_change:
            self._left_out = needing_dns(items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._chosen = len(checks(session.items))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        grading = self._grading
        if grading.problem or self._has_error():
            self._exit_status = self._exit_status or EXIT_ERROR
        else:
            grading.problem = self._what_is_missing()
        if self._result_path:
            self._write(self._result_path)
        if self._exit_status:
            session.exitstatus = self._exit_status
        self._remember()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        grading, cluster = self._grading, self._session.cluster
        results = list(grading.results.values())
        problem, note = (grading.problem, "") if self._exit_status else ("", grading.problem)
        terminal.show(
            self._config,
            terminalreporter,
            results,
            None if grading.problem else score(results),
            notes=[each for each in (self._what_is_left_out(), note) if each],
            problem=f"invalid submission: {problem}" if self._invalid else problem,
            log=cluster.log() if cluster and (self._cluster_failed or self._has_error()) else "",
        )

    @pytest.hookimpl(tryfirst=True)  # pytest's terminal fails where the user's was closed
    def pytest_unconfigure(self) -> None:
        cluster = self._session.cluster
        try:
            if cluster and cluster.api is not None:
                self._grading.run.end(cluster_goes=cluster.ours)
        except GraderError as error:
            print(error, file=sys.stderr)
        finally:
            if cluster:
                cluster.end()

    @property
    def _invalid(self) -> bool:
        return self._exit_status == EXIT_INVALID

    def _begin(self) -> None:
        """Bring everything up before the first check; once."""
        begun, self._begun = self._begun, True
        cluster = self._session.cluster
        if begun or self._grading.problem or not cluster:
            return
        try:
            cluster.connect()
            self._grading.begin(cluster)
        except NoCluster as error:
            self._grading.problem = str(error)
        self._cluster_failed = bool(self._grading.problem)

    def _has_error(self) -> bool:
        return any(result.outcome is Outcome.ERROR for result in self._grading.results.values())

    def _what_is_missing(self) -> str:
        """Why what was run is not the lab; "" when it is."""
        not_run = self._chosen - len(self._grading.results)
        if not_run:
            return f"stopped: {not_run} of {self._chosen} checks did not run"
        if self._chosen < self._all - len(self._left_out):
            lab = self._session.lab.name
            return f"{self._chosen} of {self._all} checks chosen; the score is of all: pytest labs/{lab}"
        return ""

    def _what_is_left_out(self) -> str:
        count = len(self._left_out)
        if not count:
            return ""
        noun, verb, who = ("check", "is", "it needs") if count == 1 else ("checks", "are", "they need")
        return f"{count} {noun}, {points_of(self._left_out)} points, {verb} left out: {who} --change-dns"

    def _write(self, path: Path) -> None:
        from graders.result_file import result  # noqa: PLC0415 - imports that only --result needs

        session, grading = self._session, self._grading
        content = result(session.lab, grading, self._path, session.cluster, invalid=self._invalid).to_json()
        try:
            path.write_text(content)
        except OSError as error:
            grading.problem = f"{path} could not be written: {error.strerror}"
            self._exit_status = EXIT_ERROR

    def _remember(self) -> None:
        """For `labs hint`: what came of the student's own work."""
        lab, cache = self._session.lab, getattr(self._config, "cache", None)  # none with -p no:cacheprovider
        if cache and self._grading.results and self._path.resolve() == lab.submission.resolve():
            place = f"labs/last/{lab.name}"
            now = {name: str(result.outcome) for name, result in self._grading.results.items()}
            cache.set(place, {**cache.get(place, {}), **now})


def _writable(given: str | None) -> Path | None:
    """What --result names; found out before anything is graded."""
    if given is None:
        return None
    path = Path(given)
    try:
        path.open("a").close()
    except OSError as error:
        what = f"--result {given}: {error.strerror}. Name a file that can be written."
        raise pytest.UsageError(what) from error
    return path


def _admitted(session: Session, path: Path, given: str | None) -> list[Document]:
    if given == "":
        raise InvalidSubmission("--submission", "it names no directory. Name the one that holds your manifests.")
    try:
        return admit(session.lab, path)
    except OSError as error:
        what = f"it cannot be read: {error.strerror}. Name a directory that holds your manifests."
        raise InvalidSubmission(str(path), what) from error
