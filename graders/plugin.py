"""The pytest plugin: `pytest labs/NAME` brings up a cluster, applies the lab and the submission, runs the checks."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from graders import lab as labs
from graders.clusters import NoCluster, RunningCluster
from graders.observe import Observer
from graders.reports import terminal
from graders.run import Run
from graders.submission import InvalidSubmission
from graders.tools import Tools
from graders.verdict import CheckResult, GraderError, Outcome, Wrong, score

EXIT_INVALID = 6  # the submission cannot be read or is not allowed; pytest itself uses 0 to 5
EXIT_ERROR = 7  # ours: the cluster or the grader
LABS = Path(__file__).parent.parent / "labs"
SESSION = pytest.StashKey["Session"]()


class Session:
    """One grading, from the command line to the score."""

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
            self.problem, self.exit_status = str(error), EXIT_ERROR

    def begin(self) -> None:
        """Bring everything up before the first check; once."""
        begun, self.begun = self.begun, True
        if begun or self.problem or not self.run or not self.cluster:
            return
        try:
            self.run.begin(self.cluster)
        except (NoCluster, GraderError) as error:
            self.problem, self.exit_status = str(error), EXIT_ERROR
        except Exception as error:
            self.problem, self.exit_status = f"the cluster does not answer: {type(error).__name__}: {error}", EXIT_ERROR

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

        return existing.connect(config.getoption("--kubeconfig"), config.getoption("--context"))
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


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("labs")
    group.addoption("--submission", metavar="DIR", help="grade the manifests in DIR")
    group.addoption(
        "--cluster",
        choices=["auto", "kind", "existing", "pocket"],
        default="auto",
        help="where to run: auto is kind where it is ready, else pocket, the embedded cluster",
    )
    group.addoption("--context", metavar="NAME", help="with --cluster existing: the context of --kubeconfig FILE")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check(points, needs): a check of a lab")
    chosen = _chosen_labs(config)
    if len(chosen) > 1:
        raise pytest.UsageError("grade one lab at a time: pytest labs/NAME")
    if chosen and not config.getoption("--collect-only") and not hasattr(config, "workerinput"):
        config.stash[SESSION] = Session(config)
        config.stash[SESSION].prepare(chosen[0])


def pytest_unconfigure(config: pytest.Config) -> None:
    session = config.stash.get(SESSION, None)
    if session:
        session.end()


def pytest_report_header(config: pytest.Config) -> list[str]:
    session = config.stash.get(SESSION, None)
    if session is None:
        return []
    session.begin()
    lines = []
    if session.run:
        lines = [f"lab: {session.run.lab.title}", f"submission: {session.run.path}"]
    if session.cluster:
        version = f", Kubernetes {session.run.version}" if session.run and session.run.version else ""
        lines.append(f"cluster: {session.cluster.name}{version} ({session.cluster.why})")
    return lines


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    session = config.stash.get(SESSION, None)
    if session is None:
        return
    session.begin()  # with -q no header asked for it
    if session.problem:
        items.clear()
        return
    points = sum(_check(item).kwargs["points"] for item in items if item.get_closest_marker("check"))
    if session.run and len(items) and points != session.run.lab.points and not config.getoption("-k"):
        session.problem = (
            f"{session.run.lab.directory}/lab.yaml says {session.run.lab.points} points; the checks sum to {points}"
        )
        session.exit_status = EXIT_ERROR
        items.clear()


def pytest_runtest_setup(item: pytest.Item) -> None:
    session = item.config.stash.get(SESSION, None)
    if session is None or not item.get_closest_marker("check"):
        return
    for needed in _check(item).kwargs["needs"]:
        before = session.results.get(needed)
        if before and before.outcome is not Outcome.PASSED:
            pytest.skip(f"blocked: {needed} did not pass")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report: Any = yield
    session = item.config.stash.get(SESSION, None)
    if session is None or not item.get_closest_marker("check"):
        return report
    if report.when == "call" or (report.when == "setup" and not report.passed):
        result = _result(item, call)
        session.results[result.name] = result
        if report.failed:
            report.longrepr = result.text
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    ours = session.config.stash.get(SESSION, None)
    if ours is None:
        return
    if any(result.outcome is Outcome.ERROR for result in ours.results.values()):
        ours.exit_status = EXIT_ERROR
    if ours.exit_status:
        session.exitstatus = ours.exit_status


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    session = config.stash.get(SESSION, None)
    if session is None:
        return
    results = list(session.results.values())
    log = session.cluster.log() if session.cluster and session.exit_status == EXIT_ERROR else ""
    terminal.show(config, terminalreporter, results, score(results), session.problem, log)


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """The grading that goes on: `where(name)`, `documents`, `refusals`."""
    session = request.config.stash[SESSION]
    assert session.run
    return session.run


@pytest.fixture
def observer(run: Run) -> Observer:
    """What a check may ask of the cluster."""
    return run.observer


@pytest.fixture
def tools(run: Run) -> Tools:
    """nslookup, dig and curl in the tiny-tools Pod."""
    return run.tools


def _chosen_labs(config: pytest.Config) -> list[Path]:
    found: dict[Path, None] = {}
    for argument in config.args:
        path = Path(str(argument).split("::")[0]).resolve()
        for parent in (path, *path.parents):
            if parent.parent == LABS and (parent / "lab.yaml").exists():
                found[parent] = None
    return list(found)


def _check(item: pytest.Item) -> pytest.Mark:
    marker = item.get_closest_marker("check")
    assert marker
    return marker


def _result(item: pytest.Item, call: pytest.CallInfo[None]) -> CheckResult:
    function: Any = getattr(item, "function", None)
    title = ((function.__doc__ or "") if function else "").strip().splitlines()
    points = int(_check(item).kwargs["points"])
    outcome, text, remedy = _outcome(call.excinfo)
    name = item.name.removeprefix("test_")
    return CheckResult(name, title[0] if title else name, points, outcome, text, remedy)


def _outcome(excinfo: pytest.ExceptionInfo[BaseException] | None) -> tuple[Outcome, str, str]:
    if excinfo is None:
        return Outcome.PASSED, "", ""
    if isinstance(excinfo.value, Wrong):
        return Outcome.FAILED, str(excinfo.value), excinfo.value.remedy or excinfo.value.expected
    if isinstance(excinfo.value, pytest.skip.Exception):
        return Outcome.BLOCKED, str(excinfo.value), ""
    return Outcome.ERROR, f"the grader failed, not you: {type(excinfo.value).__name__}: {excinfo.value}", ""
