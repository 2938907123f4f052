"""A Markdown text as what is to be carried out."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.course.document.edit import edited
from graders.course.document.markdown import Unreadable
from graders.course.document.parts import parts
from graders.course.document.reading import only_looks
from graders.course.document.session import session
from graders.course.document.step import File, Terminal


def commands(text: str, language: str = "sh") -> list[tuple[str, list[str]]]:
    """Of one block: each command and the output that it shows."""
    [terminal] = [part for part in parts(f"```{language}\n{text}```\n") if isinstance(part, Terminal)]
    return [(step.command, [line.text for line in step.output]) for step in terminal.steps]


RULES = {
    "a comment before the command": ("# look\nls\n# a\n", [("ls", ["a"])]),
    "no output": ("ls\n\n# look again\nls\n", [("ls", []), ("ls", [])]),
    "a blank line within the output": ("ls\n# a\n\n# b\n\n# next\nls\n", [("ls", ["a", "", "b"]), ("ls", [])]),
    "output up to the end": ("ls\n# a\n\n# b\n", [("ls", ["a", "", "b"])]),
    "a comment far below a command without output": ("ls\n\n# note\n\nls\n", [("ls", []), ("ls", [])]),
    "an empty line as a comment": ("ls\n# a\n#\n# b\n", [("ls", ["a", "", "b"])]),
    "commands without a blank line between": ("ls\n# a\nps\n# b\n", [("ls", ["a"]), ("ps", ["b"])]),
    "an indented output": ("ls\n#   a\n", [("ls", ["  a"])]),
    "a continued command": ("echo a \\\n  b\n# a b\n", [("echo a \\\n  b", ["a b"])]),
    "a quote over two lines": ("echo 'a\n# b'\n# a\n", [("echo 'a\n# b'", ["a"])]),
    "a here-document": ("cat <<END\n# a\n\nb\nEND\n# a\n", [("cat <<END\n# a\n\nb\nEND", ["a"])]),
    "a loop": ("for n in 1 2; do\n  echo $n\ndone\n# 1\n", [("for n in 1 2; do\n  echo $n\ndone", ["1"])]),
    "prompts": ("$ ls\na\n\n# b\n\n$ ps\n", [("ls", ["a", "", "# b"]), ("ps", [])]),
    "a continued command at a prompt": ("$ echo a \\\n> b\na b\n", [("echo a \\\nb", ["a b"])]),
    "output that looks like a continued prompt": ("$ curl -v x\n> GET /\n", [("curl -v x", ["> GET /"])]),
}


@pytest.mark.parametrize("name", RULES)
def test_what_is_a_command_and_what_its_output(name: str) -> None:
    text, wanted = RULES[name]
    assert commands(text) == wanted


def test_lines_are_those_of_the_file() -> None:
    [terminal] = parts("# Title\n\n- item\n  ```sh\n  ls\n  # a\n  ```\n")
    assert isinstance(terminal, Terminal)
    [step] = terminal.steps
    assert (step.line, step.output[0].line) == (5, 6)


def test_a_block_of_yaml_with_a_name_is_a_file() -> None:
    found = parts("```yaml\n# a/b.yaml\nkind: Service\n```\n\n```yaml\nkind: none\n```\n")
    assert found == [File(1, "a/b.yaml", "# a/b.yaml\nkind: Service\n")]


def test_directives() -> None:
    text = "<!-- labs: run cp a b -->\n\n<!-- labs: skip it needs a browser -->\n\n```sh\nopen .\n```\n"
    [terminal] = parts(text)
    assert isinstance(terminal, Terminal)
    assert [step.command for step in terminal.steps] == ["cp a b"]


UNREADABLE = {
    "```sh\nls\n": (1, "never closed"),
    "<!-- labs: skip -->\n\n```sh\nls\n```\n": (1, "wants a reason"),
    "\n<!-- labs: skip no -->\n": (2, "there is none"),
    "<!-- labs: run -->\n": (1, "wants a command"),
    "<!-- labs: hide it -->\n": (1, "`hide` is no directive"),
    "see <!-- labs: skip why --> here\n": (1, "a line of its own"),
    "```yaml\n# ../x.yaml\n```\n": (2, "leads out"),
    "```sh\n\necho 'a\n```\n": (3, "not complete"),
    "```console\na\n$ ls\n```\n": (2, "before any command"),
}


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_cannot_be_carried_out_is_told_with_its_line(text: str) -> None:
    line, what = UNREADABLE[text]
    with pytest.raises(Unreadable, match=re.escape(what)) as raised:
        parts(text)
    assert raised.value.line == line


PIECES = st.sampled_from(
    ["```sh\n", "```\n", "```yaml\n# a.yaml\n", "~~~console\n", "$ ls\n", "ls\n", "# a\n", "\n", "- x\n  ", "> ", "'",
     "<<E\n", "E\n", "\\\n", "<!-- labs: skip x -->\n", "<!-- labs: run ls -->\n", "<!--", "\r", "\r\n", "\t", "`"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_any_text_is_read_or_refused_with_a_line_of_its_own(text: str) -> None:
    try:
        found = parts(text)
    except Unreadable as error:
        assert 1 <= error.line <= len(re.split(r"\r\n|\n|\r", text))  # noqa: PT017 - either is right
        return
    steps = [step for part in found if isinstance(part, Terminal) for step in part.steps]
    lines = [line.line for step in steps for line in step.output]
    assert lines == sorted(set(lines))


@given(st.lists(PIECES).map("".join))
def test_nothing_to_mend_changes_no_byte(text: str) -> None:
    with contextlib.suppress(Unreadable):
        found = parts(text)
        edits = {step: [] for part in found if isinstance(part, Terminal) for step in part.steps}
        assert edited(text, edits) == text


@pytest.mark.parametrize(
    ("command", "looks"),
    [
        ("kubectl get svc", True),
        ("kubectl -n x describe pod a", True),
        ("kubectl get pod -w", False),
        ("kubectl apply -f a.yaml", False),
        ("kubectl exec tools -- nslookup a", True),
        ("kubectl exec tools -- rm a", False),
        ("curl http://a | grep -i b", True),
        ("curl -sv http://a 2>&1 | grep '^>'", True),
        ("curl -X POST http://a", False),
        ("curl http://a > page", False),
        ("nslookup a && kubectl delete svc a", False),
        ("echo 'a", False),
    ],
)
def test_only_what_changes_nothing_is_asked_again(command: str, looks: bool) -> None:
    assert only_looks(command) == looks


@pytest.mark.parametrize(
    ("command", "opened"),
    [
        ("kubectl run -it --rm a --image=b", "kubectl run -i --quiet --grace-period=1 --wait --rm a --image=b"),
        ("kubectl run -it a --image=b", "kubectl run -i --quiet a --image=b"),
        ("kubectl exec -it a -- sh", "kubectl exec -i --quiet a -- sh"),
        ("kubectl -n x exec -it a -- sh", "kubectl -n x exec -i --quiet a -- sh"),
        ("kubectl exec -i -t a -- bash", "kubectl exec -i --quiet a -- bash"),
        ("kubectl run -it --rm a --image=b -- nslookup c", ""),
        ("kubectl exec -it a -- sh -c 'ls'", ""),
        ("kubectl run a --image=b", ""),
        ("kubectl get pods", ""),
        ("echo 'a", ""),
    ],
)
def test_what_opens_a_session(command: str, opened: str) -> None:
    assert " ".join(session(command)) == opened
