"""Commands in one shell in a Pod, one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from kubernetes import client

from graders.execute import Ran
from graders.pod_shell import PodShell
from graders.verdict import GraderError
from tests.conftest import Kubectl

SECONDS = 60


@pytest.fixture
def shell(api: client.ApiClient, demo: str) -> Iterator[PodShell]:
    made = PodShell(api, demo, "tiny-tools")
    yield made
    made.close()


def sh(shell: PodShell, script: str, seconds: int = SECONDS) -> Ran:
    return shell.run(["sh", "-c", script], seconds=seconds)


@pytest.mark.parametrize(
    ("script", "stdout", "stderr", "code"),
    [
        pytest.param("echo out; echo err >&2; exit 3", "out\n", "err\n", 3, id="both-streams"),
        pytest.param("true", "", "", 0, id="silent"),
        pytest.param("printf out; printf err >&2", "out", "err", 0, id="without-a-line-end"),
        pytest.param("cat; echo end", "end\n", "", 0, id="standard-input-is-empty"),
        pytest.param("echo 'a  b' \"$0\" 'é' '$?' `echo '\\'`", "a  b sh é $? \\\n", "", 0, id="words-stay-words"),
        pytest.param("kill -9 $$", "", "Killed\n", 137, id="killed"),
        pytest.param("head -c 1000000 /dev/zero | tr '\\0' x", "x" * 1_000_000, "", 0, id="much"),
    ],
)
def test_command(shell: PodShell, script: str, stdout: str, stderr: str, code: int) -> None:
    for _ in range(2):
        ran = sh(shell, script)
        assert (ran.stdout, ran.stderr, ran.exit_code) == (stdout, stderr, code)


def test_many_commands_in_one_shell(shell: PodShell) -> None:
    """However the two streams come, nothing is waited for that has arrived."""
    began = time.monotonic()
    ran = [sh(shell, "echo $PPID; echo err >&2") for _ in range(200)]
    assert len({each.stdout for each in ran}) == 1
    assert {each.stderr for each in ran} == {"err\n"}
    assert time.monotonic() - began < SECONDS  # what one alone may take


def test_what_takes_too_long_disturbs_no_other(shell: PodShell) -> None:
    with pytest.raises(GraderError, match=r"`sh -c 'sleep 2; echo late'` in the tiny-tools Pod did not end within 1 s"):
        sh(shell, "sleep 2; echo late", seconds=1)
    assert sh(shell, "sleep 2; echo here").stdout == "here\n"


def test_a_shell_that_has_ended_is_replaced(shell: PodShell) -> None:
    with pytest.raises(GraderError, match="the shell in the tiny-tools Pod ended during `sh -c 'kill -9 \\$PPID"):
        sh(shell, "kill -9 $PPID; sleep 1")
    assert sh(shell, "echo here").stdout == "here\n"
    sh(shell, "(sleep 0.2; kill -9 $PPID) >/dev/null 2>&1 &")
    deadline = time.monotonic() + SECONDS
    while shell._connection.is_open():
        assert time.monotonic() < deadline
        shell._connection.update(timeout=1)
    assert sh(shell, "echo here").stdout == "here\n"


@pytest.mark.parametrize("program", ["nosuch", "/etc/passwd"])
def test_what_is_no_program_is_no_answer(shell: PodShell, program: str) -> None:
    with pytest.raises(GraderError, match=f"`{program}` could not be started in the tiny-tools Pod: .*{program}"):
        shell.run([program], seconds=SECONDS)


def test_a_pod_that_is_not_there(api: client.ApiClient, demo: str) -> None:
    with pytest.raises(GraderError, match="nothing can be run in the nosuch Pod"):
        sh(PodShell(api, demo, "nosuch"), "true")


def test_a_container_that_was_started_anew(api: client.ApiClient, own_demo: str, kubectl: Kubectl) -> None:
    shell = PodShell(api, own_demo, "tiny-tools")
    assert sh(shell, "echo before").stdout == "before\n"
    kubectl("delete", "pod", "tiny-tools", "--grace-period=0", "--force", namespace=own_demo)
    kubectl("apply", "-f", "manifests/tiny-tools.yaml", namespace=own_demo)
    kubectl("wait", "--for=condition=Ready", "pod/tiny-tools", namespace=own_demo)
    assert sh(shell, "echo after").stdout == "after\n"
    shell.close()
