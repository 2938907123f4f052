"""Every kind of bad input: one sentence with file and line, nothing applied."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graders.submission import InvalidSubmission, SourceFile, parse, printable, read

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None}\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "there is no object in it", id="empty"),
        pytest.param(b"---\n...\n---\n", "there is no object in it", id="empty-documents"),
        pytest.param(b"a: [1\nb: 2\n", ":2: it is not YAML: a bracket opened in line 1 is not closed", id="bracket"),
        pytest.param(b"a: 'b\nc: d\n", "a quote that is opened in line 1 is not closed", id="quote"),
        pytest.param(b"a:\n\t- b\n", ":2: it is not YAML: a tab is in the indentation. Use spaces.", id="tab"),
        pytest.param(b"{\n\t'a': @\n}\n", ":2: it is not YAML: a value cannot begin with @", id="beside-a-tab"),
        pytest.param(b"kind: Service\n spec: 1\n", ":2: it is not YAML: a key cannot stand here", id="indented"),
        pytest.param(b"a:\n  - b\n c: d\n", ":3: it is not YAML: the indentation does not fit", id="half-indented"),
        pytest.param(b"a: 1\nb\nc: d\n", ":3: it is not YAML: a key has no `:`", id="no-colon"),
        pytest.param(b"a: @b\n", ":1: it is not YAML: a value cannot begin with @", id="reserved"),
        pytest.param(b"a: *b\n", ":1: it is not YAML: nothing is called &b", id="no-anchor"),
        pytest.param(b"a: {{ .Values.b }}\n", ":1: it is a template: `{{` is in it", id="template"),
        pytest.param(b"a: {{b}}-c\n", ":1: it is a template", id="template-in-a-word"),
        pytest.param(b"\x00\x01\x02", "it is not YAML: a control character is in it", id="control-characters"),
        pytest.param(b"a: 1\nb: \x1b[2J\n", ":2: it is not YAML: a control character", id="escape-sequence"),
        pytest.param(b"\x89PNG\xff", ":1: it is not UTF-8", id="binary"),
        pytest.param("a: b\n".encode("utf-16"), ":1: it is UTF-16, not UTF-8", id="utf-16"),
        pytest.param("a: b\n".encode("utf-16-be"), ":1: it is UTF-16", id="utf-16-without-a-mark"),
        pytest.param(b"a: 1\nb: \xe9\n", ":2: it is not UTF-8", id="latin-1"),
        pytest.param(b"hello\n", ":1: it is no Kubernetes object", id="a-word"),
        pytest.param(b"kind: Service\nkind: Pod\n", ":2: the key 'kind' is there twice", id="key-twice"),
        pytest.param(b"1: a\n'1': b\n", ":2: the key '1' is there twice", id="key-twice-as-text"),
        pytest.param(b"kind: Service\n~: a\n", ":2: there is no key before the `:`", id="no-key"),
        pytest.param(b"kind: Service\n[a]: b\n", ":2: a key is no plain word", id="a-list-as-key"),
        pytest.param(b"kind: Service\n<<: a\n", ":2: `<<` takes an alias of a mapping", id="merge-of-text"),
        pytest.param(b"kind: !!python/object:os.system x\n", ":1: the tag", id="python-object"),
        pytest.param(b"kind: !!binary aGk=\n", ":1: the tag !!binary", id="binary-tag"),
        pytest.param(b"a: !!int b\n", ":1: 'b' is no !!int", id="wrong-tag"),
        pytest.param(b"a: .inf\n", ":1: .inf is no number in Kubernetes", id="infinity"),
        pytest.param(b"a: " + b"9" * 5000, ":1: a number of 5000 characters", id="huge-number"),
        pytest.param(b'a: "\\ud83d"', ":1: an escape in it is half a character", id="surrogate"),
        pytest.param(b'{"kind": "Service"} more', "something stands behind the end of an object", id="json-and-more"),
        pytest.param(b'{"kind": "Service",\n "kind": "Pod"}', ":2: the key 'kind' is there twice", id="json-twice"),
        pytest.param(SERVICE.encode() + b"---\n" + SERVICE.encode(), ":6: Service 'a' is there twice", id="same-name"),
        pytest.param(b"a: &a [x]\n" + b"b: [" + b"*a, " * 30 + b"]\n", "more than 20 aliases", id="aliases"),
        pytest.param(b"a: &a [*a]\n", "more than 20 aliases", id="contains-itself"),
        pytest.param(b"x: " + b"[" * 60 + b"]" * 60, "nested deeper than 40", id="deep"),
        pytest.param(b"[" * 500_000, "nested deeper than 40", id="500000-deep"),
        pytest.param(b"a: [" + b"1," * 100_000 + b"]", "more than 20,000 values", id="many-values"),
        pytest.param(b"---\nkind: A\nmetadata: {name: a}\n" * 51, "more than 50 objects", id="many-objects"),
        pytest.param(b"#" * (50 << 20), "more than 1 MiB", id="50-mb"),
        pytest.param(b"kind: Service\nmetadata: [a]\n", ":1: `metadata` must be", id="metadata-is-a-list"),
        pytest.param(b"kind: Service\nmetadata:\n", ":1: `metadata` must be", id="metadata-is-empty"),
        pytest.param(b"kind: List\nitems: a\n", ":2: `items` of a List must be", id="items-is-text"),
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
        pytest.param(SERVICE.replace(": ", ":\t").replace("\n", "\t# tab\n").encode(), id="tabs-between-words"),
        pytest.param(b"---\n" + SERVICE.encode() + b"...\n---\n", id="document-marks"),
        pytest.param(b"%YAML 1.1\n---\n" + SERVICE.encode(), id="directive"),
        pytest.param(b'{"kind": "Service", "metadata": {"name": "a"}}', id="json"),
        pytest.param(b'{\n\t"kind": "Service",\n\t"metadata": {"name": "a"}\n}\n', id="json-indented-by-tabs"),
        pytest.param(b"kind: List\nitems: [{kind: Service, metadata: {name: a}}]\n", id="list"),
        pytest.param(b"x: &m {name: a}\nkind: Service\nmetadata: *m\n", id="alias"),
        pytest.param(b"x: &m {name: a}\nkind: Service\nmetadata: {<<: *m}\n", id="merge"),
    ],
)
def test_readable(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    (document,) = read(tmp_path)
    assert document.name == "a"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("no", False, id="norway"),
        pytest.param("y", True, id="one-letter"),
        pytest.param('"no"', "no", id="quoted"),
        pytest.param("!!str no", "no", id="tagged"),
        pytest.param("80:80", "80:80", id="no-base-60"),
        pytest.param("2026-11-24", "2026-11-24", id="date"),
        pytest.param("1.0.0", "1.0.0", id="version"),
        pytest.param("010", 8, id="octal"),
        pytest.param("08", 8, id="no-octal"),
        pytest.param("0o17", 15, id="new-octal"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("0b11", 3, id="binary"),
        pytest.param("1_000", 1000, id="underscores"),
        pytest.param("-1", -1, id="negative"),
        pytest.param("1e3", 1000, id="exponent"),
        pytest.param("1.50", 1.5, id="fraction"),
        pytest.param("1e400", "1e400", id="beyond-floats"),
        pytest.param("99999999999999999999", 99999999999999999999, id="beyond-64-bits"),
        pytest.param('"80"', "80", id="number-as-text"),
        pytest.param("a\tb", "a\tb", id="tab-in-a-word"),
        pytest.param("Null", None, id="null"),
        pytest.param('"\\ud83d\\ude00"', "\U0001f600", id="escapes-of-json"),
        pytest.param("=cmd()", "=cmd()", id="formula"),
    ],
)
def test_values_are_what_kubectl_makes_of_them(text: str, value: object) -> None:
    (document,) = parse("a", [SourceFile("a.yaml", f"kind: Service\nvalue: {text}\n".encode())])
    found = document.content["value"]
    assert (found, type(found)) == (value, type(value))


def test_keys_are_text() -> None:
    (document,) = parse("a", [SourceFile("a.yaml", b"kind: Service\n1: a\nno: b\n'2': c\n")])
    assert document.content == {"kind": "Service", "1": "a", "false": "b", "2": "c"}


def test_first_of_several_merged_mappings_wins() -> None:
    text = b"a: &a {p: 1, q: 1}\nb: &b {p: 2, q: 2, r: 2}\nkind: Service\nc: {p: 3, <<: [*a, *b]}\n"
    (document,) = parse("a", [SourceFile("a.yaml", text)])
    assert document.content["c"] == {"p": 3, "q": 1, "r": 2}


def test_values_of_all_files_are_counted_together() -> None:
    files = [SourceFile(f"{n}.yaml", b"kind: A\na: [" + b"1," * 15_000 + b"]") for n in range(2)]
    with pytest.raises(InvalidSubmission, match=r"1\.yaml:2: the submission has more than 20,000 values"):
        parse("a", files)


def test_same_name_in_another_namespace_is_another_object() -> None:
    text = SERVICE + "---\n" + SERVICE.replace("{name: a}", "{name: a, namespace: b}")
    assert len(parse("a", [SourceFile("a.yaml", text.encode())])) == 2


def test_lines_of_fields() -> None:
    text = "kind: Service\nmetadata:\n  name: a\nspec:\n  ports:\n  - port: 1\n  - name: b\n    port: 2\n"
    (document,) = parse("a", [SourceFile("a.yaml", text.encode())])
    assert document.at("spec", "ports", 1, "port") == "a.yaml:8"
    assert document.at("spec", "ports", 0, "nodePort") == "a.yaml:6"
    assert document.at("status") == "a.yaml:1"


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(alphabet="a:-?[]{}&*!<|>'\"#%@,\n\t 1", max_size=60).map(str.encode)))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "a.yaml"
    path.write_bytes(content)
    with suppress(InvalidSubmission):
        assert all(document.content["kind"] for document in read(path.parent))


@given(st.text())
def test_printable_text_steers_no_terminal(text: str) -> None:
    assert all(each.isprintable() for each in printable(text))
