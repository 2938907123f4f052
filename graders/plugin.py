"""The pytest plugin: `pytest labs/NAME` brings up a cluster, applies the lab and the submission, runs the checks."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from graders.lab import ROOT
from graders.observe import Observer
from graders.patience import PATIENCE, eventually
from graders.reports import result_json, terminal
from graders.run import Run
from graders.session import EXIT_ERROR, KEY, Session
from graders.tools import Tools
from graders.verdict import CheckResult, Diagnosis, Outcome, Wrong, score
from graders.wanted import Wanted


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
    group.addoption("--result", metavar="FILE", help="write the whole verdict to FILE, as JSON")
    group.addoption(
        "--change-dns",
        action="store_true",
        help="with --cluster existing: a lab may put an entry into the cluster's CoreDNS while it runs",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check(points, about, needs, upstream): a check of a lab")
    chosen = _chosen_labs(config)
    if len(chosen) > 1:
        raise pytest.UsageError("grade one lab at a time: pytest labs/NAME")
    if chosen and not config.getoption("--collect-only") and not hasattr(config, "workerinput"):
        signal.signal(signal.SIGTERM, _interrupt)
        config.option.reportchars = ""  # the report at the end says it all
        if config.option.verbose <= 0:  # with -v each failure is shown with its transcript
            config.option.tbstyle = "no"
        config.stash[KEY] = Session(config)
        config.stash[KEY].prepare(chosen[0])


def pytest_unconfigure(config: pytest.Config) -> None:
    session = config.stash.get(KEY, None)
    if session:
        session.end()


def pytest_report_header(config: pytest.Config) -> list[str]:
    session = config.stash.get(KEY, None)
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
    session = config.stash.get(KEY, None)
    if session is None:
        return
    session.begin()  # with -q no header asked for it
    checks = [item for item in items if item.get_closest_marker("check")]
    points = sum(_check(item).kwargs["points"] for item in checks)
    if session.run and not session.problem and not config.getoption("-k") and points != session.run.lab.points:
        lab = session.run.lab
        session.fail(f"{lab.directory}/lab.yaml says {lab.points} points; the checks sum to {points}")
    if session.problem:
        items.clear()
    elif session.cluster and not session.cluster.dns_may_change:
        left_out = [item for item in checks if _check(item).kwargs["upstream"]]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_runtest_setup(item: pytest.Item) -> None:
    session = item.config.stash.get(KEY, None)
    if session is None or not item.get_closest_marker("check"):
        return
    assert session.run
    session.run.tools.forget()
    for needed in _check(item).kwargs["needs"]:
        before = session.results.get(needed)
        if before and before.outcome is not Outcome.PASSED:
            pytest.skip(f"blocked: {needed} did not pass")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report: Any = yield
    session = item.config.stash.get(KEY, None)
    if session is None or not session.run or not item.get_closest_marker("check"):
        return report
    if report.when == "call" or (report.when == "setup" and not report.passed):
        result = _result(session.run, item, call)
        session.results[result.name] = result
        if report.failed:
            report.longrepr = terminal.details(result)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    ours = session.config.stash.get(KEY, None)
    if ours is None:
        return
    if any(result.outcome is Outcome.ERROR for result in ours.results.values()):
        ours.exit_status = EXIT_ERROR
    if ours.exit_status:
        session.exitstatus = ours.exit_status


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    session = config.stash.get(KEY, None)
    if session is None:
        return
    results = list(session.results.values())
    log = session.cluster.log() if session.cluster and session.exit_status == EXIT_ERROR else ""
    points = None if session.problem else score(results)
    terminal.show(config, terminalreporter, results, points, session.problem, log)
    if config.getoption("--result"):
        result_json.write(Path(config.getoption("--result")), results, points, session.problem)


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """The grading that goes on."""
    session = request.config.stash[KEY]
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


@pytest.fixture(name="eventually")
def patient(request: pytest.FixtureRequest, run: Run) -> Callable[[Callable[[], Any]], Any]:
    """`eventually(attempt)` repeats an attempt until it holds, or until the reason why it cannot is known."""
    about: Wanted | None = _check(request.node).kwargs["about"]

    def hopeless() -> bool:
        found = run.diagnose(about) if about else None
        return found is not None and found.final

    def wait(attempt: Callable[[], Any], patience: float = PATIENCE) -> Any:
        return eventually(attempt, hopeless, patience)

    return wait


def _interrupt(_signal: int, _frame: object) -> None:
    """SIGTERM ends a grading as Ctrl-C does: it clears up."""
    raise KeyboardInterrupt


def _chosen_labs(config: pytest.Config) -> list[Path]:
    found: dict[Path, None] = {}
    for argument in config.args:
        path = Path(str(argument).split("::")[0]).resolve()
        for parent in (path, *path.parents):
            if parent.parent == ROOT and (parent / "lab.yaml").exists():
                found[parent] = None
    return list(found)


def _check(item: pytest.Item) -> pytest.Mark:
    marker = item.get_closest_marker("check")
    assert marker
    return marker


def _result(run: Run, item: pytest.Item, call: pytest.CallInfo[None]) -> CheckResult:
    function: Any = getattr(item, "function", None)
    title = ((function.__doc__ or "") if function else "").strip().splitlines()
    name = item.name.removeprefix("test_")
    marker = _check(item).kwargs
    outcome, seen, expected = _outcome(call.excinfo)
    text = run.lab.checks.get(name)
    return CheckResult(
        name=name,
        title=title[0] if title else name,
        points=int(marker["points"]),
        outcome=outcome,
        seen=seen,
        expected=expected,
        diagnosis=_diagnosis(run, marker["about"]) if outcome is Outcome.FAILED else None,
        transcript=run.tools.transcript,
        read=f"{run.lab.directory.name}/README.md#{text.section}" if text else "",
        seconds=round(call.duration, 3),
    )


def _diagnosis(run: Run, about: Wanted | None) -> Diagnosis | None:
    """A failure that cannot be explained stays a failure: what was seen is said anyway."""
    try:
        return run.diagnose(about) if about else None
    except Exception as error:
        return Diagnosis("unknown", f"(The cause could not be looked for: {type(error).__name__}.)", "", final=False)


def _outcome(excinfo: pytest.ExceptionInfo[BaseException] | None) -> tuple[Outcome, str, str]:
    """(outcome, what was seen, what was expected)"""
    if excinfo is None:
        return Outcome.PASSED, "", ""
    if isinstance(excinfo.value, Wrong):
        return Outcome.FAILED, excinfo.value.seen, excinfo.value.expected
    if isinstance(excinfo.value, pytest.skip.Exception):
        return Outcome.BLOCKED, str(excinfo.value), ""
    return Outcome.ERROR, f"the grader failed, not you: {type(excinfo.value).__name__}: {excinfo.value}", ""
