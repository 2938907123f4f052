"""`pytest labs/NAME` as a student types it: what it says of what it cannot do, and of a lab that was run in part."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from _pytest._code.code import ExceptionRepr
from kubernetes import client
from rich.console import Console

from graders.execute import execute
from graders.grader_module import written_checks
from graders.lab import Lab, all_labs, load
from graders.plugin import pytest_keyboard_interrupt
from graders.reports.terminal import summarise
from graders.result import Result
from graders.time_limit import Overdue
from graders.verdict import CheckResult, Diagnosis, GraderError, Outcome, Score
from pocketkube.cluster import CONTEXT, Cluster
from tests.checkout import SECONDS, Course
from tests.conftest import Kubectl
from tests.graders.unprivileged import UnprivilegedCourse

SCHEMA = json.loads((Path(__file__).parent.parent.parent / "docs" / "result.schema.json").read_text())
ACTIVE = "jsonpath={.items[?(@.status.phase=='Active')].metadata.name}"  # those that are not going
MISTAKE = "labs/headless/mistakes/wrong-selector-value.yaml"


def on(cluster: Cluster) -> list[str]:
    return ["--cluster", "existing", "--kubeconfig", str(cluster.kubeconfig), "--context", CONTEXT]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["labs"], "grade one lab at a time: pytest labs/NAME", id="all-labs"),
        pytest.param(["."], "grade one lab at a time: pytest labs/NAME", id="everything"),
        pytest.param(["labs/headless", "labs/debug"], "grade one lab at a time", id="two-labs"),
        pytest.param(["labs/headless", "--result", "no/x.json"], "--result no/x.json: No such file", id="no-directory"),
        pytest.param(["labs/headless", "--result", "labs"], "--result labs: Is a directory", id="result-directory"),
        pytest.param(["labs/headless", "-n", "2"], "leave -n out", id="several-processes"),
    ],
)
def test_wrong_usage(course: Course, arguments: list[str], says: str) -> None:
    done = course.pytest(*arguments)
    assert done.returncode == 4
    assert f"ERROR: {says}" in done.stderr or says in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_submission_that_cannot_be_looked_at_is_invalid(course: Course) -> None:
    done = course.pytest("labs/headless", "--cluster", "pocket", "--submission", "a" * 5000)
    assert done.returncode == 6
    assert "it cannot be read: File name too long." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_submission_that_is_not_the_users_is_invalid(tmp_path: Path) -> None:
    course = UnprivilegedCourse(tmp_path)
    closed = tmp_path / "closed"
    (closed / "x").mkdir(parents=True)
    closed.chmod(0)
    done = course.pytest("labs/headless", "--cluster", "pocket", "--submission", closed / "x")
    closed.chmod(0o700)
    assert done.returncode == 6, done.stdout + done.stderr
    assert "Permission denied" in done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr


def test_a_lab_whose_points_do_not_sum_up_is_not_graded(course: Course, cluster: Cluster) -> None:
    path = course.path / "labs" / "headless" / "lab.yaml"
    path.write_text(path.read_text().replace("points: 10", "points: 11"))
    done = course.pytest("labs/headless", *on(cluster))
    assert done.returncode == 7
    assert "\nlabs/headless/lab.yaml says 11 points; the checks sum to 10\n" in done.stdout
    assert "Score" not in done.stdout


@pytest.mark.parametrize(
    "words", [["labs/headless/test_headless.py::test_is_headless"], ["labs/headless", "-k", "is_h"]]
)
def test_some_checks_are_no_score_of_the_lab(course: Course, cluster: Cluster, words: list[str]) -> None:
    done = course.pytest(*words, *on(cluster))
    assert done.returncode == 0, done.stdout
    assert "   1/1  passed   The Service is headless" in done.stdout
    assert "1 of 8 checks chosen; the score is of all: pytest labs/headless" in done.stdout
    assert "Score" not in done.stdout


def test_stopped_at_the_first_failure_there_is_no_score(course: Course, cluster: Cluster) -> None:
    done = course.pytest("labs/headless", "-x", "--submission", MISTAKE, "--result", "r.json", *on(cluster))
    assert done.returncode == 1
    assert "stopped: 6 of 8 checks did not run" in done.stdout
    assert "Score" not in done.stdout
    result = Result.model_validate_json((course.path / "r.json").read_bytes())
    assert (result.status, result.score, len(result.checks)) == ("error", None, 2)
    assert result.problem == "stopped: 6 of 8 checks did not run"


def test_interrupted_where_python_knows_no_line() -> None:
    code = compile("raise KeyboardInterrupt", "nowhere", "exec").replace(co_linetable=b"")
    with pytest.raises(KeyboardInterrupt) as caught:
        exec(code, {})
    assert caught.tb.tb_next
    assert caught.tb.tb_next.tb_lineno in (
        None,
        -1,
    )  # by Python's version; what pytest's own report of it would stumble over
    pytest_keyboard_interrupt(caught)
    shown = caught.getrepr(funcargs=True)
    assert isinstance(shown, ExceptionRepr)
    assert shown.reprcrash


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_ended_early_it_clears_up_and_has_no_score(
    course: Course, cluster: Cluster, kubectl: Kubectl, number: signal.Signals
) -> None:
    """And what comes while it clears up does not cut that short."""
    command = [sys.executable, "-m", "pytest", "-v", "labs/headless", *on(cluster)]
    with subprocess.Popen(
        command, cwd=course.path, env=course.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        printed = ""
        while "PASSED" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        process.send_signal(number)
        process.send_signal(signal.SIGINT)
        printed += process.stdout.read()
        assert process.wait(SECONDS) == 2, printed
    assert "checks did not run" in printed
    assert "Score" not in printed
    assert "Traceback" not in printed
    assert "lab-headless" not in kubectl("get", "namespaces", "-o", ACTIVE).stdout


def test_a_terminal_that_is_closed_ends_it_so_too(course: Course, cluster: Cluster, kubectl: Kubectl) -> None:
    """Though nothing can be written there any more."""
    outside, inside = pty.openpty()
    command = [sys.executable, "-m", "pytest", "-v", "labs/headless", *on(cluster)]
    with subprocess.Popen(
        command, cwd=course.path, env=course.environment, stdin=inside, stdout=inside, stderr=inside
    ) as process:
        os.close(inside)
        printed = b""
        while b"PASSED" not in printed:
            printed += os.read(outside, 65536)
        os.close(outside)
        process.send_signal(signal.SIGHUP)
        process.wait(SECONDS)
    assert "lab-headless" not in kubectl("get", "namespaces", "-o", ACTIVE).stdout


@pytest.mark.parametrize(
    "what", [KeyboardInterrupt(), Overdue("it took too long")], ids=lambda each: type(each).__name__
)
def test_what_interrupts_an_exec_is_no_failure_of_it(monkeypatch: pytest.MonkeyPatch, what: BaseException) -> None:
    """The official client takes everything that is raised while it connects for a failure of the connection."""

    def interrupted(*_: object) -> None:
        raise what

    monkeypatch.setattr("kubernetes.stream.ws_client.create_websocket", interrupted)
    api = client.ApiClient(client.Configuration(host="http://127.0.0.1:1"))
    with pytest.raises(type(what)):
        execute(api, "default", "tiny-tools", ["true"], seconds=1)


def test_what_is_left_out_is_said_with_the_flag(course: Course, cluster: Cluster) -> None:
    done = course.pytest("labs/externalname", "--submission", "labs/externalname/solution", *on(cluster))
    assert "Score: 6/6\n2 checks, 4 points, are left out: they need --change-dns\n" in done.stdout


@pytest.mark.parametrize(
    ("submission", "options", "status", "score"),
    [
        pytest.param("labs/headless/solution", [], "graded", Score(10, 10), id="graded"),
        pytest.param("pyproject.toml", [], "invalid", Score(0, 10), id="invalid"),
        pytest.param("nowhere", [], "invalid", Score(0, 10), id="missing"),
        pytest.param("labs/headless/solution", ["--context", "other"], "error", None, id="error"),
    ],
)
def test_the_result_is_the_same_document_as_of_a_class(
    course: Course, cluster: Cluster, submission: str, options: list[str], status: str, score: Score | None
) -> None:
    words = ["--submission", submission, "--result", "r.json", *on(cluster), *options]
    done = course.pytest("labs/headless", *words)
    text = (course.path / "r.json").read_text()
    jsonschema.validate(json.loads(text), SCHEMA)
    result = Result.model_validate_json(text)
    assert (result.status, result.score) == (status, score), done.stdout
    assert bool(result.problem) == (status != "graded")
    assert result.student.name == Path(submission).name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("title: [", "line 1: ", id="no-yaml"),
        pytest.param("a\n\x00", "unacceptable character", id="no-text"),
        pytest.param("- a", "it is no mapping", id="no-mapping"),
        pytest.param("title: a\npoints: 1\ngiven: []\nchecks: {}", "the key `kinds` is missing", id="no-kinds"),
        pytest.param("title: a\npoints: x\nkinds: []", "`points` must be a whole number", id="no-number"),
        pytest.param("kinds: [Node]", "`kinds` may not have Node", id="no-such-kind"),
        pytest.param(
            "title: a\npoints: 1\nkinds: []\ngiven: []\nchecks: {b: {hints: []}}",
            "the key `checks.b.section` is missing",
            id="no-section",
        ),
    ],
)
def test_a_lab_that_cannot_be_read(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "lab.yaml").write_text(text)
    with pytest.raises(GraderError) as caught:
        load(tmp_path)
    assert f"{tmp_path}/lab.yaml: this lab cannot be read: " in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "object at" not in str(caught.value)


def test_a_broken_lab_is_one_sentence_and_breaks_no_other(course: Course, cluster: Cluster) -> None:
    (course.path / "labs" / "debug" / "lab.yaml").write_text("title: [")
    broken = course.pytest("labs/debug")
    assert broken.returncode == 7
    assert broken.stderr.startswith("labs/debug/lab.yaml: this lab cannot be read: line 1: ")
    assert "Score: 10/10" in course.pytest("labs/headless", *on(cluster)).stdout
    listed = course.labs("list")
    assert "labs/debug/lab.yaml: this lab cannot be read" in listed.stdout
    assert "labs start headless" in listed.stdout


@pytest.mark.parametrize("lab", all_labs(), ids=lambda lab: lab.name)
def test_the_summary_fits_on_one_screen(lab: Lab) -> None:
    """With the prompt and pytest's own last line, and most of it is what is to be done."""
    results = [
        CheckResult(
            name,
            title,
            1,
            Outcome.FAILED,
            seen="it answered " + "10.244.1.3, " * 40,
            expected="it answers with\n" + "10.244.2.2\n" * 10,
            diagnosis=Diagnosis("long", "The API server's words are many. " * 20, "Read them. " * 20),
            read=f"{lab.name}/README.md#your-task",
        )
        for name, title in ((each.name, each.title) for each in written_checks(lab).values())
    ]
    console = Console(width=80, force_terminal=False)
    with console.capture() as capture:
        summarise(console, results, Score(0, lab.points), notes=["2 checks, 4 points, are left out"], height=24)
    lines = capture.get().splitlines()
    assert len(lines) == 24 - 2
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("   0/1  failed   ") for line in lines) == len(results)
    assert sum("The API server's words" in line for line in lines) >= 1
    assert lines[-1] == f"  read:     labs/{lab.name}/README.md#your-task; all of it: -v"
