"""The pytest side of grading a class: every check of every submission is a test; a submission is a group of them.

Standard input brings one line of JSON, {"students": ids, "last": whether every verdict is to count}, and ends when
whoever started this has ended. Standard output tells how many are missing, and of every submission that ends, in a line
of JSON each. With xdist the controller only hands the groups out; each worker grades, on a cluster of its own or on the
shared one.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from graders.api import call
from graders.clusters import NoCluster
from graders.clusters.choose import ForClass, choose, prepare_for_class
from graders.gradebook.book import Gradebook, Intake
from graders.gradebook.key import key
from graders.grading import Grading
from graders.judge import judge
from graders.result import Key, Result, Status
from graders.session import EXIT_ERROR, Session
from graders.submission import Document, InvalidSubmission
from graders.verdict import GraderError

FINISHED = "submission finished"  # the user property of a report that brings a submission's end to the controller
MOST_FAILURES = 3  # submissions in a row that the cluster could not take, before the rest is left for another time


class ClassGrading:
    """Registered in the controller and in each worker; in a process without xdist it is both."""

    def __init__(self, config: pytest.Config, session: Session) -> None:
        self._config = config
        self._session = session
        self._book = Gradebook(Path(config.getoption("--gradebook")).resolve())
        self._workers = int(config.getoption("numprocesses") or 0)
        self._prepared: ForClass | None = None
        self._student = ""
        self._checks = 0
        self._failures = 0
        given: dict[str, Any] | None = getattr(config, "workerinput", None)
        if given is None:
            asked = json.loads(sys.stdin.readline())
            self._last = bool(asked["last"])
            _end_with_standard_input()
            try:
                self._prepared = prepare_for_class(config)
            except NoCluster as error:
                pytest.exit(str(error), EXIT_ERROR)
            self._identity = self._prepared.identity
            self._under_load = False
            self._ids = [student for student in asked["students"] if self._is_missing(student)]
            print(json.dumps({"count": len(self._ids)}), flush=True)
            if not self._ids:
                pytest.exit("everything is graded already", 0)
        else:
            self._identity, self._ids = given["identity"], given["ids"]
            self._last, self._under_load = given["last"], given["under_load"]
        if given is not None or not self._workers:
            session.cluster = choose(config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """xdist: what a worker has to know."""
        node.workerinput.update(identity=self._identity, ids=self._ids, last=self._last, under_load=self._workers > 1)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """xdist: all checks of a submission go to the same worker."""
        from graders.gradebook.scheduling import LoadSubmissionScheduling  # noqa: PLC0415 - the controller's alone

        return LoadSubmissionScheduling(config, log)

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if metafunc.definition.get_closest_marker("check"):
            metafunc.fixturenames.append("student")
            metafunc.parametrize("student", self._ids, ids=self._ids)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """One submission after the other."""
        place = {each: number for number, each in enumerate(self._ids)}
        items.sort(key=lambda item: place.get(_student(item), -1))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._checks = len(session.items) // max(len(self._ids), 1)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if _student(item) != self._student:
            self._enter(_student(item))
        assert self._session.grading
        if self._session.grading.problem:
            pytest.skip(self._session.grading.problem)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
        yield
        if nextitem is None or _student(nextitem) != self._student:
            item.user_properties.append((FINISHED, self._leave()))
            if self._failures >= MOST_FAILURES:
                item.session.shouldstop = f"the cluster took none of {MOST_FAILURES} submissions in a row"
                print(f"Exit: {item.session.shouldstop}", file=sys.stderr)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """In the controller, or where there is none."""
        for name, value in report.user_properties if self._prepared and report.when == "teardown" else ():
            if name == FINISHED:
                print(json.dumps(value), flush=True)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            print(report.longreprtext, file=sys.stderr)

    def pytest_unconfigure(self) -> None:
        if self._session.cluster:
            self._session.cluster.end()
        if self._prepared and self._prepared.shared:
            try:
                self._clear_up(self._prepared.shared.api)
            except Exception as error:  # the verdicts are written; the next run clears up what it meets
                print(f"namespaces may be left in the cluster: {type(error).__name__}: {error}", file=sys.stderr)
            finally:
                self._prepared.shared.end()

    def _clear_up(self, api: Any) -> None:
        """Remove what workers that were interrupted have left in the shared cluster."""
        lab, directory = self._session.lab.name, self._book.directory
        ours = tuple(_namespace(lab, directory, student) for student in self._ids)
        for namespace in call(api, "GET", "/api/v1/namespaces")["items"]:
            name = namespace["metadata"]["name"]
            if name.startswith(ours) and "deletionTimestamp" not in namespace["metadata"]:
                call(api, "DELETE", f"/api/v1/namespaces/{name}")

    def _is_missing(self, student: str) -> bool:
        """Whether there is no verdict that would come out the same again."""
        intake = self._book.intake(student)
        if intake.invalid:
            return False
        now = self._key(intake)
        waiting = self._book.unconfirmed(student)
        if not self._last and waiting and waiting.key == now:
            return False  # its turn comes when it is alone
        found = self._book.result(student)
        return found is None or found.key != now

    def _key(self, intake: Intake) -> Key:
        return key(self._session.lab, intake.submission, intake.contents, self._identity)

    def _enter(self, student: str) -> None:
        self._student = student
        try:
            documents = self._book.documents(student)
        except (InvalidSubmission, GraderError, OSError) as error:
            what = f"what was handed in cannot be read from the gradebook any more: {error}"
            self._new_grading([]).problem = what
            return
        self._begin(documents)
        assert self._session.grading
        assert self._session.cluster
        if self._session.grading.problem and self._session.cluster.ours:
            # It may have broken, and nobody else needs it: a new one does what this one could not.
            print(f"a new cluster, since: {self._session.grading.problem}", file=sys.stderr)
            self._session.cluster.end()
            self._session.cluster = choose(self._config)
            self._begin(documents)
        self._failures = self._failures + 1 if self._session.grading.problem else 0

    def _new_grading(self, documents: list[Document]) -> Grading:
        namespace = _namespace(self._session.lab.name, self._book.directory, self._student)
        grading = self._session.grading = Grading(self._session.lab, documents, namespace, fenced=True)
        return grading

    def _begin(self, documents: list[Document]) -> None:
        grading, cluster = self._new_grading(documents), self._session.cluster
        assert cluster
        if cluster.api is None:
            try:
                cluster.connect()
            except NoCluster as error:
                grading.problem = str(error)
                return
        grading.begin(cluster)

    def _leave(self) -> dict[str, Any]:
        """Write the verdict; returns what is told of it."""
        grading, cluster = self._session.grading, self._session.cluster
        assert grading
        assert cluster
        try:
            if cluster.api is not None:
                grading.run.end()
        except GraderError as error:
            print(error, file=sys.stderr)
        intake = self._book.intake(self._student)
        now = self._key(intake)
        first = self._book.unconfirmed(self._student)
        first = first if first and first.key == now else None
        result = judge(self._session.lab, grading, self._checks, intake.student, now, first)
        again = not self._last and _to_be_repeated(result, under_load=self._under_load)
        if again:
            self._book.keep_unconfirmed(result)
        else:
            self._book.keep(result)
        self._student, self._session.grading = "", None
        return {"id": intake.student.id, "again": again}


def _to_be_repeated(result: Result, *, under_load: bool) -> bool:
    """An error always; under load also a failure whose cause is not to be seen in the submission itself."""
    if result.status is Status.ERROR:
        return True
    return under_load and not result.definite


def _student(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return str(callspec.params["student"]) if callspec and "student" in callspec.params else ""


def _namespace(lab: str, gradebook: Path, student: str) -> str:
    """The same at every try, so that one which was interrupted is cleared up by the next."""
    digest = hashlib.sha256(f"{gradebook}\0{student}".encode()).hexdigest()
    return f"lab-{lab}-{digest[:12]}"


def _end_with_standard_input() -> None:
    """End as at Ctrl-C when whoever started this process is gone, in whatever way."""

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()
