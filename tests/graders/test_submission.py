"""Every kind of bad input: one sentence with file and line, nothing applied."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graders.submission import InvalidSubmission, printable, read

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None}\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "there is no object in it", id="empty"),
        pytest.param(b"a: [1\nb: 2\n", ":2: it is not YAML", id="not-yaml"),
        pytest.param(b"a:\n\t- b\n", ":2: it is not YAML", id="tab"),
        pytest.param(b"\x00\x01\x02", "it is not YAML", id="control-characters"),
        pytest.param(b"\x89PNG\xff", ":1: it is not UTF-8", id="binary"),
        pytest.param(b"a: 1\nb: \xe9\n", ":2: it is not UTF-8", id="latin-1"),
        pytest.param(b"hello\n", ":1: it is no Kubernetes object", id="a-word"),
        pytest.param(b"kind: Service\nkind: Pod\n", ":2: the key 'kind' is there twice", id="key-twice"),
        pytest.param(b"kind: !!python/object:os.system x\n", ":1: the tag", id="python-object"),
        pytest.param(SERVICE.encode() + b"---\n" + SERVICE.encode(), ":6: Service 'a' is there twice", id="same-name"),
        pytest.param(b"a: &a [x]\n" + b"b: [" + b"*a, " * 30 + b"]\n", "more than 20 aliases", id="aliases"),
        pytest.param(b"x: " + b"[" * 60 + b"]" * 60, "nested deeper than 40", id="deep"),
        pytest.param(b"#" * (50 << 20), "more than 1 MiB", id="50-mb"),
        pytest.param(b"kind: Service\nmetadata: [a]\n", ":1: `metadata` must be", id="metadata-is-a-list"),
    ],
)
def test_unreadable(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(InvalidSubmission) as refused:
        read(tmp_path)
    assert says in str(refused.value)
    assert str(tmp_path / "a.yaml") in str(refused.value)


def test_alias_bomb(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (tmp_path / "a.yaml").write_text("\n".join(lines))
    with pytest.raises(InvalidSubmission, match="more than 20 aliases"):
        read(tmp_path)


def test_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(InvalidSubmission, match="there is no such directory"):
        read(tmp_path / "nowhere")


def test_directory_without_manifest(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InvalidSubmission, match="no manifest is in it"):
        read(tmp_path)


def test_link_out_of_the_submission(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "a.yaml").symlink_to("/etc/passwd")
    with pytest.raises(InvalidSubmission, match="it is a link, not a file"):
        read(inside)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\ufeff".encode() + SERVICE.encode(), id="byte-order-mark"),
        pytest.param(SERVICE.replace("\n", "\r\n").encode(), id="crlf"),
        pytest.param(b"---\n" + SERVICE.encode() + b"...\n---\n", id="document-marks"),
        pytest.param(b'{"kind": "Service", "metadata": {"name": "a"}}', id="json"),
        pytest.param(b"kind: List\nitems: [{kind: Service, metadata: {name: a}}]\n", id="list"),
    ],
)
def test_readable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    (document,) = read(tmp_path)
    assert document.name == "a"


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "a.yaml"
    path.write_bytes(content)
    with suppress(InvalidSubmission):
        assert all(document.content["kind"] for document in read(path.parent))


@given(st.text())
def test_printable_text_steers_no_terminal(text: str) -> None:
    assert all(each.isprintable() for each in printable(text))
