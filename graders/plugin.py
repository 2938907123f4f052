"""The pytest plugin: `pytest labs/NAME` brings up a cluster, applies the lab and the submission, runs the checks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from graders import interrupt
from graders.checks import services
from graders.grading import Grading
from graders.lab import ROOT, load, names
from graders.observe import Observer, is_going, is_under_way
from graders.patience import eventually
from graders.reports import terminal
from graders.run import Run
from graders.selection import check_of, is_whole, name_of, needing_dns, points_of
from graders.session import EXIT_ERROR, KEY, Session
from graders.single import SingleGrading
from graders.time_limit import CHECK_SECONDS, SUBMISSION_SECONDS, Overdue, time_limit
from graders.tools import Tools
from graders.verdict import CheckResult, Diagnosis, GraderError, Outcome, Wrong
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
    group.addoption("--course", action="store_true", help="check the course itself: is it complete, true and sharp?")
    group.addoption("--gradebook", metavar="DIR", help="grade what `labs grade` put there; not for typing by hand")
    group.addoption(
        "--change-dns",
        action="store_true",
        help="with --cluster existing: a lab may put an entry into the cluster's CoreDNS while it runs",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Find the lab. What is wrong with it is said in one sentence, before pytest begins."""
    if config.getoption("--course"):
        return _check_course(config)
    directory = None if config.getoption("--collect-only") else _chosen_lab(config)
    if directory is None:
        return None
    try:
        config.stash[KEY] = Session(load(directory))
    except GraderError as error:
        print(error, file=sys.stderr)
        return EXIT_ERROR
    return None


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check(points, about, needs, upstream): a check of a lab")
    session = config.stash.get(KEY, None)
    if session is None:
        return
    interrupt.clear_up_when_told_to_end()
    if config.getoption("--gradebook"):
        from graders.gradebook.plugin import ClassGrading  # noqa: PLC0415 - a single grading needs none of it

        config.option.tbstyle = "native"  # the only one for which pytest does not parse the sources
        config.pluginmanager.register(ClassGrading(config, session), "class-grading")
    elif config.getoption("numprocesses", None):
        raise pytest.UsageError("one submission is graded by one process: leave -n out. A class: labs grade")
    else:
        config.option.reportchars = ""  # the report at the end says it all
        if config.option.verbose <= 0:  # with -v each failure is shown with its transcript
            config.option.tbstyle = "no"
        config.pluginmanager.register(SingleGrading(config, session), "single-grading")


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Between two lines Python 3.11 may not know where it was interrupted, and pytest's report of that fails."""
    excinfo.traceback = excinfo.traceback.filter(_has_line)


@pytest.hookimpl(wrapper=True)
def pytest_unconfigure(config: pytest.Config) -> Generator[None]:
    if KEY in config.stash:
        interrupt.let_nothing_interrupt()
    yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What the cluster does not allow is left out; a lab whose points do not sum up is not graded."""
    session = config.stash.get(KEY, None)
    if session is None or not items:
        return
    points = points_of(items)
    if points != session.lab.points and is_whole(session.lab, items):
        items.clear()
        what = f"{session.lab.directory}/lab.yaml says {session.lab.points} points; the checks sum to {points}"
        if session.grading is None:  # of a class: standard error goes to its log
            print(what, file=sys.stderr)
            pytest.exit(what, EXIT_ERROR)
        session.grading.problem = what
    if session.cluster and not session.cluster.dns_may_change:
        left_out = needing_dns(items)
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def pytest_runtest_setup(item: pytest.Item) -> None:
    grading = _grading(item)
    if grading is None:
        return
    grading.run.tools.forget()
    grading.run.services = services(item)
    if grading.seconds > SUBMISSION_SECONDS:
        what = f"all checks together took longer than {SUBMISSION_SECONDS:.0f} s: {name_of(item)} was not run"
        grading.limits.append(what)
        pytest.skip(f"blocked: {what}")
    for needed in check_of(item).kwargs["needs"]:
        before = grading.results.get(needed)
        if before and before.outcome is not Outcome.PASSED:
            pytest.skip(f"blocked: {needed} did not pass")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    grading = _grading(item)
    if grading is None:
        return (yield)
    what = f"{name_of(item)} took longer than {CHECK_SECONDS:.0f} s"
    try:
        with time_limit(CHECK_SECONDS, what):
            return (yield)
    except Overdue as error:
        grading.limits.append(what)
        raise Wrong(what, f"it ends within {CHECK_SECONDS:.0f} s") from error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    report: Any = yield
    grading = _grading(item)
    if grading is None or grading.problem:
        return report
    if report.when == "call" or (report.when == "setup" and not report.passed):
        result = _result(grading.run, item, call)
        grading.results[result.name] = result
        if report.failed:
            report.longrepr = terminal.details(result)
    return report


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Run:
    """The grading that goes on."""
    grading = _grading(request.node)
    assert grading
    return grading.run


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
    """`eventually(attempt)` repeats an attempt until it holds, or until the reason why it cannot is known.

    It has patience as long as a Pod that the check is about is still starting.
    """
    about: Wanted | None = check_of(request.node).kwargs["about"]

    def pods() -> list[dict[str, Any]]:
        return run.observer.pods(about.pods) if about and about.pods else []

    def hopeless() -> bool:
        if about is None or any(is_going(pod) for pod in pods()):  # of a Pod that goes nothing can be told
            return False
        if about.stateful_set and run.observer.makes_more_pods(about.stateful_set[0]):
            return False  # it may be the Pods that are missing, whatever else is wrong
        found = run.diagnose(about)
        run.cause = found if found and found.final else None
        return run.cause is not None

    def under_way() -> bool:
        return any(is_under_way(pod) for pod in pods())

    def wait(attempt: Callable[[], Any]) -> Any:
        return eventually(attempt, hopeless, under_way)

    return wait


def _has_line(entry: Any) -> bool:
    try:
        return isinstance(entry.lineno, int)
    except TypeError:
        return False


def _check_course(config: pytest.Config) -> int | None:
    from graders.course.plugin import CourseChecking, to_check  # noqa: PLC0415 - gradings need none of it

    if config.getoption("numprocesses", None):
        raise pytest.UsageError("a course is checked by one process, which starts others itself: leave -n out.")
    try:
        config.args = to_check(config)
    except GraderError as error:
        print(error, file=sys.stderr)
        return EXIT_ERROR
    config.option.timeout = 0  # pytest-timeout's, for tests: a part takes as long as the lab is large
    config.pluginmanager.register(CourseChecking(config), "course-checking")
    return None


def _chosen_lab(config: pytest.Config) -> Path | None:
    found: set[Path] = set()
    labs = names()
    for argument in config.args:
        path = Path(str(argument).split("::")[0]).resolve()
        if ROOT.is_relative_to(path):
            found.update(ROOT / name for name in labs)
        found.update(parent for parent in (path, *path.parents) if parent.parent == ROOT and parent.name in labs)
    if len(found) > 1:
        raise pytest.UsageError("grade one lab at a time: pytest labs/NAME")
    return next(iter(found), None)


def _grading(item: pytest.Item) -> Grading | None:
    """The grading that a check belongs to; None for what is no check."""
    session = item.config.stash.get(KEY, None)
    return session.grading if session and item.get_closest_marker("check") else None


def _result(run: Run, item: pytest.Item, call: pytest.CallInfo[None]) -> CheckResult:
    function: Any = getattr(item, "function", None)
    title = ((function.__doc__ or "") if function else "").strip().splitlines()
    name = name_of(item)
    marker = check_of(item).kwargs
    outcome, seen, expected = _outcome(call.excinfo)
    diagnosis = _diagnosis(run, marker["about"]) if outcome is Outcome.FAILED else None
    run.cause = None
    text = run.lab.checks.get(name)
    return CheckResult(
        name=name,
        title=title[0] if title else name,
        points=int(marker["points"]),
        outcome=outcome,
        seen=seen,
        expected=expected,
        diagnosis=diagnosis,
        transcript=run.tools.transcript,
        read=f"{run.lab.directory.name}/README.md#{text.section}" if text else "",
        seconds=round(call.duration, 3),
    )


def _diagnosis(run: Run, about: Wanted | None) -> Diagnosis | None:
    """A failure that cannot be explained stays a failure: what was seen is said anyway."""
    try:
        return run.cause or (run.diagnose(about) if about else None)
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
