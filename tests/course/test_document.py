"""Documents carried out on a real cluster."""

from __future__ import annotations

import os
import re
import select
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest

from graders.clusters import RunningCluster
from graders.course.document import carry_out, verification, verify
from graders.course.document.parts import parts
from graders.course.document.place import Place
from graders.course.document.shell import Printed, Shell
from graders.course.document.step import Terminal
from graders.lab import ROOT, names
from graders.verdict import GraderError
from pocketkube import cluster as pocket
from tests.checkout import Course

TUTORIAL = ROOT.parent / "docs" / "tutorial" / "headless-service.md"
# What the tutorial says of values that come once, or that say when and how long: it may say anything of their kind.
FREE = re.compile(
    r"\b(\d+[dhms])+\b|\b0 (?= {5,}7h)|\b2 \(|\d+(?=/TCP   7h55m)|\d\d:\d\d:\d\d UTC \d{4}|Date: .*|213\.188\.196\.246"
    r"|\"[a-z_]*datetime\":\"[^\"]*\"|99\.243\.74\.50"
)
Write = Callable[[str], Path]


@pytest.fixture(scope="session")
def running(cluster: pocket.Cluster) -> Iterator[RunningCluster]:
    found = RunningCluster("pocketkube", "for the tests", cluster.kubeconfig, pocket.CONTEXT, ours=False)
    found.connect()
    yield found
    found.api.close()


@pytest.fixture
def document(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "a.md"
        path.write_text(text)
        return path

    return write


def told(path: Path, cluster: RunningCluster) -> list[tuple[int, str]]:
    return [(defect.line, defect.what) for defect in verify(path, cluster)]


def test_the_tutorial_has_the_errors_that_are_known_and_a_digit_changed_is_another(
    running: RunningCluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is carried out once; then what the commands printed is compared with the text, a digit changed each time."""
    printed: dict[str, Printed] = {}
    where: list[Place] = []
    with monkeypatch.context() as patch:
        patch.setattr(Shell, "run", _recording(Shell.run, printed))
        patch.setattr(verification, "place", _noting(verification.place, where))
        assert told(TUTORIAL, running) == []

    monkeypatch.setattr(carry_out, "Shell", lambda *_: Replayed(printed))
    monkeypatch.setattr(carry_out, "PATIENCE", 0)
    monkeypatch.setattr(verification, "place", lambda *_: nullcontext(replace(where[0], directory=tmp_path / "work")))
    copy = tmp_path / TUTORIAL.name
    shutil.copy(TUTORIAL.with_suffix(".errors.yaml"), tmp_path)
    text = TUTORIAL.read_text()
    unnoticed = []
    for line, start in _digits(text):
        copy.write_text(_changed(text, line, start))
        if not verify(copy, running):
            unnoticed.append((line, start))
    lines = text.splitlines()
    free = [(line, at) for line, at in unnoticed if any(at in range(*f.span()) for f in FREE.finditer(lines[line - 1]))]
    assert [(lines[line - 1], at) for line, at in unnoticed if (line, at) not in free] == []
    assert len(unnoticed) < len(_digits(text)) / 4


def _recording(run: Any, printed: dict[str, Printed]) -> Any:
    def recorded(self: Shell, command: str, *seconds: float) -> Printed:
        printed[command] = run(self, command, *seconds)
        return printed[command]

    return recorded


def _noting(place: Any, where: list[Place]) -> Any:
    @contextmanager
    def noted(*arguments: Any) -> Iterator[Place]:
        with place(*arguments) as found:
            where.append(found)
            yield found

    return noted


class Replayed:
    """A shell in which each command prints what it printed before."""

    def __init__(self, printed: dict[str, Printed]) -> None:
        self._printed = printed

    def run(self, command: str, *_: float) -> Printed:
        return self._printed[command]

    def end(self) -> None:
        pass

    kill = end


def _digits(text: str) -> list[tuple[int, int]]:
    """(line, column) of the last digit of each number in an output, columns from 0."""
    steps = [step for part in parts(text) if isinstance(part, Terminal) for step in part.steps]
    numbers = [line.line for step in steps for line in step.output]
    lines = text.splitlines()
    return [(number, found.end() - 1) for number in numbers for found in re.finditer(r"\d+", lines[number - 1])]


def _changed(text: str, line: int, start: int) -> str:
    lines = text.split("\n")
    digit = "3" if lines[line - 1][start] == "8" else "8"
    lines[line - 1] = f"{lines[line - 1][:start]}{digit}{lines[line - 1][start + 1 :]}"
    return "\n".join(lines)


@pytest.mark.parametrize("name", names())
def test_every_readme_is_right(running: RunningCluster, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / name)
    assert told(Path("README.md"), running) == []


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None, ports: [{port: 80}]}\n"
FILE = f"```yaml\n# a.yaml\n{SERVICE}```\n"
RIGHT = f"""{FILE}
```sh
kubectl apply -f a.yaml
# service/a created

# how it looks
kubectl get svc
# NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
# a      ClusterIP   None         <none>        80/TCP    1s
```

<!-- labs: skip there is no browser here -->

```sh
browse http://a
# a picture
```

- in a session

  ```console
  $ kubectl run -it --rm tools --image=giantswarm/tiny-tools
  $ word=hello; cd /tmp
  $ echo $word from $PWD
  hello from /tmp
  $ nslookup nothing.default.svc.cluster.local.
  Server: 10.96.0.10
  Address: 10.96.0.10#53

  ** server can't find nothing.default.svc.cluster.local: NXDOMAIN
  $ exit
  $ kubectl get pods
  No resources found in default namespace.
  ```
"""


def test_a_right_text(running: RunningCluster, document: Write) -> None:
    assert told(document(RIGHT), running) == []


def test_what_drifted_is_restored_and_nothing_else_is_touched(running: RunningCluster, tmp_path: Path) -> None:
    course = Course(tmp_path)
    path = tmp_path / "a.md"
    text = RIGHT.replace("\n", "\r\n")
    path.write_bytes(text.replace("created", "x").replace("  hello from", "  hallo from").encode())
    options = ("--cluster", "existing", "--kubeconfig", running.kubeconfig, "--context", running.context)
    wrong = course.labs("verify-doc", path, *options)
    assert wrong.returncode == 1
    assert [line.split(": ")[0].split(":")[-1] for line in wrong.stdout.splitlines()] == ["11", "32"], wrong.stdout
    mended = course.labs("verify-doc", "--fix", path, *options)
    assert mended.returncode == 0, mended.stdout
    assert path.read_bytes() == text.encode()


WRONG = {
    "a failing command": (
        "```sh\nkubectl get svc nothing > /dev/null\n```\n",
        2,
        "ends with exit status 1: Error from",
    ),
    "a command that is not there": ("```sh\nnosuch a\n```\n", 2, "exit status 127"),
    "a shell that ends": ("```sh\nexit 3\nls\n```\n", 2, "cannot be run, and nothing after it: the shell ended"),
    "no command": ("# A title\n", 1, "no command"),
    "an unclosed block": ("\n```sh\nls\n", 2, "never closed"),
    "no reason": ("<!-- labs: skip -->\n\n```sh\nls\n```\n", 1, "wants a reason"),
    "an image that is not there": (
        "```sh\nkubectl run -it --rm a --image=nosuch --pod-running-timeout=1s\n```\n",
        2,
        "cannot be run",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_text_is_told_in_one_sentence(running: RunningCluster, document: Write, name: str) -> None:
    text, line, what = WRONG[name]
    [found] = told(document(text), running)
    assert found[0] == line
    assert what in found[1]
    assert "\n" not in found[1]


def test_a_command_that_hangs_is_ended_with_all_that_it_started(
    running: RunningCluster, document: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Shell, "run", partialmethod(Shell.run, seconds=1))
    holds = tmp_path / "holds"
    os.mkfifo(holds)
    with os.fdopen(os.open(holds, os.O_RDONLY | os.O_NONBLOCK)) as held:
        [(line, what)] = told(document(f"```sh\nexec 3>{holds}; sleep 1000 & wait\nls\n```\n"), running)
        assert (line, "did not end within" in what) == (2, True)
        hung_up = select.poll()
        hung_up.register(held, 0)
        assert hung_up.poll(60_000), "what it has started still runs, or has never been started"


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("missing.md", None, "No such file"),
        ("a.txt", b"", "no Markdown"),
        ("a.md", b"\xff\xfe", "not UTF-8"),
        ("a.md", b"a\0b", "no text"),
    ],
)
def test_what_is_no_document_is_told_in_one_sentence(
    running: RunningCluster, tmp_path: Path, name: str, content: bytes | None, what: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    [(line, said)] = told(path, running)
    assert line == 1
    assert what in said


ERRORS = "errors:\n  - line: 11\n    differs: 8080/TCP\n    reason: a try\n"


def test_known_errors_are_accepted_and_one_that_has_gone_is_a_defect(
    running: RunningCluster, document: Write, tmp_path: Path
) -> None:
    (tmp_path / "a.errors.yaml").write_text(ERRORS)
    short = "\n".join(RIGHT.split("\n")[:17]) + "\n"
    assert told(document(short.replace("created", "created too")), running)[0][0] == 2  # of the list
    wrong = short.replace("created", "8080/TCP")
    assert told(document(wrong), running) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("errors: [{line: 1, differs: a}]", "'reason' is missing"),
        ("errors: [{line: x, differs: a, reason: b}]", "not as docs/course.md says"),
        ("given: [", "no YAML"),
        ("given: {manifests: [nothing.yaml]}", "nothing.yaml"),
    ],
)
def test_a_list_that_is_wrong_is_told(
    running: RunningCluster, document: Write, tmp_path: Path, text: str, what: str
) -> None:
    (tmp_path / "a.errors.yaml").write_text(text)
    with pytest.raises(GraderError, match=re.escape(what)):
        verify(document("```sh\nls\n```\n"), running)


def test_nothing_is_left(running: RunningCluster, document: Write, kubectl: Any) -> None:
    verify(document("```sh\nls\n```\n"), running)
    left = kubectl("get", "namespaces", "-o", "jsonpath={.items[?(@.status.phase=='Active')].metadata.name}").stdout
    assert "doc-" not in left
