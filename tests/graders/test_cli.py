"""The `labs` command as a student types it, in a copy of the course."""

from __future__ import annotations

import os
import pty
import select
from collections.abc import Iterator

import pytest

from tests.course import SECONDS, Course


def test_list_names_every_lab(course: Course) -> None:
    printed = course.labs("list").stdout
    for path in (course.path / "labs").glob("*/lab.yaml"):
        assert path.parent.name in printed


def test_start_never_overwrites_work(course: Course) -> None:
    work = course.path / "labs" / "headless" / "submission" / "demo-headless-svc.yaml"
    assert course.labs("start", "headless").returncode == 0
    assert work.read_text() == (course.path / "labs" / "headless" / "starter" / "demo-headless-svc.yaml").read_text()
    work.write_text("mine")
    again = course.labs("start", "headless")
    assert again.returncode == 1
    assert "stays as it is" in again.stderr
    assert work.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["start", "headles"], "Did you mean headless?", id="no-such-lab"),
        pytest.param(["hint", "headless", "nosuch"], "has no check 'nosuch'", id="no-such-check"),
        pytest.param(["watch", "headless"], "Begin: labs start headless", id="nothing-to-watch"),
        pytest.param(["new", "No-Good"], "lower case letters", id="bad-name"),
        pytest.param(["new", "headless"], "is there already", id="name-taken"),
        pytest.param(["start", "\x1b[31mred"], "there is no lab", id="escape-sequence"),
        pytest.param(["cluster", "status"], "No cluster is up.", id="no-cluster"),
    ],
)
def test_what_cannot_be_done_is_said(course: Course, arguments: list[str], says: str) -> None:
    done = course.labs(*arguments)
    assert done.returncode in (1, 2)
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "\x1b[31m" not in done.stdout + done.stderr


def test_hints_come_in_steps(course: Course) -> None:
    first, second, third, fourth = (course.labs("hint", "headless", "is_headless").stdout for _ in range(4))
    assert "1. " in first
    assert "2. " not in first
    assert "2. " in second
    assert "3. " not in second
    assert "3. " in third
    assert "That was the last hint." in third
    assert fourth == third


def test_hint_is_for_the_first_check_that_failed(course: Course) -> None:
    submission = course.path / "labs" / "headless" / "mistakes" / "port-name.yaml"
    course.pytest("labs/headless", "--cluster", "pocket", "--submission", submission)
    assert "SRV for the port" in course.labs("hint", "headless").stdout


def test_doctor_finds_that_this_machine_can(course: Course) -> None:
    done = course.labs("doctor")
    assert done.returncode == 0, done.stdout
    assert "the embedded cluster" in done.stdout


def test_new_makes_a_lab_that_runs(course: Course) -> None:
    assert course.labs("new", "mine").returncode == 0
    for submission, score in (("solution", "3/3"), ("starter", "0/3"), ("mistakes", "0/3")):
        graded = course.pytest("labs/mine", "--cluster", "pocket", "--submission", f"labs/mine/{submission}")
        assert f"Score: {score}" in graded.stdout, graded.stdout


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, course: Course, *arguments: str) -> None:
        self._main, side = pty.openpty()
        self.process = course.start_labs(*arguments, stdin=side, stdout=side, stderr=side, start_new_session=True)
        os.close(side)

    def wait_for(self, text: str) -> str:
        printed = b""
        while text.encode() not in printed:
            ready, _, _ = select.select([self._main], [], [], SECONDS)
            assert ready, printed.decode()
            try:
                chunk = os.read(self._main, 65536)
            except OSError:
                chunk = b""
            assert chunk, printed.decode()
            printed += chunk
        return printed.decode()

    def type(self, text: str) -> None:
        os.write(self._main, text.encode())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(SECONDS)
        os.close(self._main)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for each in opened:
        each.close()


def test_watch_grades_on_every_save(course: Course, terminals: list[Terminal]) -> None:
    course.labs("start", "headless")
    work = course.path / "labs" / "headless" / "submission" / "demo-headless-svc.yaml"
    watch = Terminal(course, "watch", "headless")
    terminals.append(watch)
    assert "Score: 0/10" in watch.wait_for("Waiting for the next save")
    work.write_text("a: [")
    assert "it is not YAML" in watch.wait_for("Waiting for the next save")
    work.write_text((course.path / "labs" / "headless" / "solution" / "demo-headless-svc.yaml").read_text())
    assert "Score: 10/10" in watch.wait_for("Waiting for the next save")
    watch.process.send_signal(2)
    assert watch.process.wait(SECONDS) in (0, 130)


def test_shell_is_in_the_labs_namespace_with_kubectl(course: Course, terminals: list[Terminal]) -> None:
    shell = Terminal(course, "shell", "headless")
    terminals.append(shell)
    shell.wait_for("In another terminal: export KUBECONFIG=")
    shell.wait_for("# ")
    shell.type("nslookup demo-headless-svc; echo looked''up\n")
    assert "Address: 10.244." in shell.wait_for("lookedup")
    shell.type("kubectl get svc; echo list''ed\n")
    assert "demo-nodeport-svc" in shell.wait_for("listed")
    shell.type("exit\n")
    assert shell.process.wait(SECONDS) == 0
