"""The `labs` command as a student types it, in a copy of the course."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pocketkube.cluster import CONTEXT, Cluster
from tests.checkout import SECONDS, Course
from tests.conftest import Kubectl
from tests.graders.unprivileged import UnprivilegedCourse


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


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda path: path.write_text("a file"), "submission is a file", id="file"),
        pytest.param(lambda path: path.symlink_to("nowhere"), "submission is a link that leads nowhere", id="link"),
    ],
)
def test_a_submission_that_is_no_directory(course: Course, make: Callable[[Path], None], says: str) -> None:
    make(course.path / "labs" / "headless" / "submission")
    for command in ("start", "watch"):
        done = course.labs(command, "headless")
        assert done.returncode == 1
        assert says in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("start", "headless"), ("new", "mine")], ids=lambda words: words[0])
def test_where_nothing_may_be_written(tmp_path: Path, words: tuple[str, str]) -> None:
    course = UnprivilegedCourse(tmp_path)
    for closed in (tmp_path / "labs", tmp_path / "labs" / "headless"):
        closed.chmod(0o555)
    done = course.labs(*words)
    assert done.returncode == 1
    assert "Permission denied" in done.stderr
    assert done.stderr.count("\n") == 1


def test_interrupted_at_once_there_is_no_traceback(course: Course) -> None:
    """While the libraries are still being imported."""
    commands = course.own("graders/cli/commands.py")
    commands.write_text("import signal\n\nsignal.raise_signal(signal.SIGINT)\n")
    done = course.labs("list")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_hints_come_in_steps(course: Course) -> None:
    first, second, third, fourth = (course.labs("hint", "headless", "is_headless").stdout for _ in range(4))
    assert "1. " in first
    assert "2. " not in first
    assert "2. " in second
    assert "3. " not in second
    assert "3. " in third
    assert "That was the last hint." in third
    assert fourth == third


def test_hint_is_for_the_first_check_that_failed_of_the_students_own_work(course: Course, cluster: Cluster) -> None:
    lab = course.path / "labs" / "headless"
    options = ["--cluster", "existing", "--kubeconfig", cluster.kubeconfig, "--context", CONTEXT]
    course.pytest("labs/headless", "--submission", lab / "mistakes" / "port-name.yaml", *options)
    before = course.labs("hint", "headless").stdout
    assert before.startswith("The Service is headless"), "what another handed in says nothing of the student"
    course.labs("start", "headless")
    work = lab / "submission" / "demo-headless-svc.yaml"
    work.write_text((lab / "mistakes" / "port-name.yaml").read_text())
    course.pytest("labs/headless", *options)
    assert "SRV for the port" in course.labs("hint", "headless").stdout
    work.write_text((lab / "solution" / "demo-headless-svc.yaml").read_text())
    course.pytest("labs/headless", *options)
    assert "No check failed last time." in course.labs("hint", "headless").stdout
    assert "1. " in course.labs("hint", "headless", "is_headless").stdout


def test_doctor_finds_that_this_machine_can(course: Course) -> None:
    done = course.labs("doctor")
    assert done.returncode == 0, done.stdout
    for what in ("the embedded cluster", "ip ", "dig "):
        assert f"ok  {what}" in done.stdout


@pytest.mark.parametrize(
    ("engine", "line"),
    [
        pytest.param("exit 0", "ok  docker                --cluster kind", id="answers"),
        pytest.param("exit 1", "but no engine answers", id="client-alone"),
    ],
)
def test_doctor_asks_the_engine(course: Course, tmp_path: Path, engine: str, line: str) -> None:
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f"#!/bin/sh\n{engine}\n")
    docker.chmod(0o755)
    done = course.labs("doctor", PATH=f"{docker.parent}:/usr/bin:/bin")
    assert line in done.stdout
    assert done.returncode == 0


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

    def rest(self) -> str:
        """All that is printed until the program has ended."""
        printed = b""
        with suppress(OSError):  # EIO: nobody has the other side any more
            while chunk := os.read(self._main, 65536):
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
    watch.process.send_signal(signal.SIGINT)
    assert watch.rest().strip() in ("", "^C")
    assert watch.process.wait(SECONDS) == 0


def test_watch_finds_a_submission_that_was_away(
    course: Course, cluster: Cluster, terminals: list[Terminal], tmp_path: Path
) -> None:
    course.labs("start", "headless")
    lab = course.path / "labs" / "headless"
    options = ("--cluster", "existing", "--kubeconfig", str(cluster.kubeconfig), "--context", CONTEXT)
    watch = Terminal(course, "watch", "headless", *options)
    terminals.append(watch)
    watch.wait_for("Waiting for the next save")
    (lab / "submission").rename(tmp_path / "away")
    assert "there is no such" in watch.wait_for("Waiting for the next save")
    shutil.copytree(lab / "solution", tmp_path / "better")
    (tmp_path / "better").rename(lab / "submission")
    assert "Score: 10/10" in watch.wait_for("Waiting for the next save")
    work = lab / "submission" / "demo-headless-svc.yaml"
    work.write_text((lab / "starter" / "demo-headless-svc.yaml").read_text())
    assert "Score: 0/10" in watch.wait_for("Waiting for the next save")


def shell_works(shell: Terminal) -> None:
    shell.wait_for("In another terminal: export KUBECONFIG=")
    shell.wait_for("# ")
    shell.type("nslookup demo-headless-svc; echo looked''up\n")
    assert "Address: 10.244." in shell.wait_for("lookedup")
    shell.type("kubectl get svc; echo list''ed\n")
    assert "demo-nodeport-svc" in shell.wait_for("listed")


def test_shell_is_in_the_labs_namespace_with_kubectl(course: Course, terminals: list[Terminal]) -> None:
    shell = Terminal(course, "shell", "headless")
    terminals.append(shell)
    shell_works(shell)
    shell.type("exit\n")
    assert shell.process.wait(SECONDS) == 0


def test_shell_works_for_a_user_without_privileges(tmp_path: Path, terminals: list[Terminal]) -> None:
    """To whom the Pod's /usr, which is the host's, is not to be written."""
    shell = Terminal(UnprivilegedCourse(tmp_path), "shell", "headless")
    terminals.append(shell)
    shell_works(shell)
    shell.type("exit\n")
    assert shell.process.wait(SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_shell_ended_from_outside_leaves_nothing(
    course: Course, cluster: Cluster, kubectl: Kubectl, terminals: list[Terminal], number: signal.Signals
) -> None:
    credentials = course.path / "temporary"
    credentials.mkdir()
    course.environment["TMPDIR"] = str(credentials)
    shell = Terminal(course, "shell", "headless", "--kubeconfig", str(cluster.kubeconfig), "--context", CONTEXT)
    terminals.append(shell)
    shell.wait_for("# ")
    assert list(credentials.iterdir())
    shell.process.send_signal(number)
    shell.process.wait(SECONDS)
    assert not list(credentials.iterdir())
    active = "jsonpath={.items[?(@.status.phase=='Active')].metadata.name}"
    assert "lab-headless" not in kubectl("get", "namespaces", "-o", active).stdout
