"""What strangers wrote goes through every report, and steers none of them."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import validate
from markdown_it import MarkdownIt
from markdown_it.token import Token

from graders.reports import escaping
from graders.reports.formats import FORMATS, OfClass
from graders.result import Result, Status
from graders.roster import Enrolled, Roster
from graders.verdict import CheckResult, Diagnosis, Outcome

NASTY = [
    "a\nb",
    "\x1b[2J\x1b]0;title\x07",
    "\u202eexe.yaml",
    "=cmd()",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "a;=1",
    'a",=1,"',
    'a;"=1',
    ";",
    "＝1",  # noqa: RUF001
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]>",
    "a|b",
    "`x` ``` ````",
    "```\n</pre><b>",
    "[x](http://evil.example)",
    "![x](http://evil.example/a.png)",
    "<http://evil.example>",
    "http://evil.example www.evil.example",
    "[x]: http://evil.example",
    "\\",
    "\\`x`",
    "*a* _b_ ~~c~~ $x$ &amp; &#60;b&#62;",
    "# title",
    "- item",
    "1. item",
    "\udcff",
    "\x00",
    "\ufffe\uffff",
    "\x85\u2028\u2029\x0b\x0c",
    "山田\u3000太郎",
    "é" * 3,
    "",
    " ",
]
texts = st.lists(
    st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=[]), max_size=20)), max_size=3
).map("".join)
results = st.tuples(texts, texts, texts, st.sampled_from(Status), st.sampled_from(Outcome))
# HTML and GFM's tables are on, so that what is not escaped would be found.
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def hostile(result_of: Any, parts: tuple[str, str, str, Status, Outcome]) -> Result:
    one, two, three, status, outcome = parts
    check = CheckResult(
        "check", f"title {one}", 1, outcome, two, one, Diagnosis("code", three, two), f"$ {three}\n{one}", "read", 0.5
    )
    result: Result = result_of(
        "safe", status, (check,), of=1, name=one, problem=two, limits=(three,), first_try=one, versions={two: three}
    )
    return result


def enrolled(platform: str, name: str) -> Roster:
    if platform == "moodle":
        row, columns = ("Participant 1", name, "", ""), ("Identifier", "Full name", "Grade", "Feedback comments")
        return Roster("moodle", columns, (), (Enrolled(name, "1", "", "", "", row, 2),))
    row, columns = (name, "1", name), ("Student", "ID", "Section")
    return Roster("canvas", columns, (), (Enrolled(name, "1", "", "", "", row, 2),))


def rendered(result: Result) -> Iterator[tuple[str, str]]:
    """(name, text) of every report with and without a roster."""
    for name, report in FORMATS.items():
        if not isinstance(report, OfClass):
            text = report.render(result)
            if text is not None:
                yield name, text
            continue
        yield name, report.render([result], None)
        yield name, report.render([result], enrolled(name, result.student.name))


@given(results)
def test_nothing_steers_a_terminal_or_an_editor(result_of: Any, parts: Any) -> None:
    for name, text in rendered(hostile(result_of, parts)):
        text.encode("utf-8")
        shown = text.replace("\r\n", "\n") if name in ("grades", "canvas", "moodle") else text
        assert all(each.isprintable() or each == "\n" for each in shown), name


@given(results)
def test_json(result_of: Any, data: Path, parts: Any) -> None:
    schemas = {
        name: json.loads((data / f"{name}.schema.json").read_text()) for name in ("gradescope", "classroom50", "ctrf")
    }
    for name, text in rendered(hostile(result_of, parts)):
        if name in schemas:
            validate(json.loads(text), schemas[name])


XSD: list[xmlschema.XMLSchema] = []


@given(results)
def test_junit(result_of: Any, data: Path, parts: Any) -> None:
    if not XSD:
        XSD.append(xmlschema.XMLSchema(data / "junit.xsd"))
    for name, text in rendered(hostile(result_of, parts)):
        if name == "junit":
            XSD[0].validate(text)
            assert len(ElementTree.fromstring(text)) == 1


@given(results)
def test_csv(result_of: Any, parts: Any) -> None:
    """Also where a spreadsheet takes the semicolon for the separator."""
    for name, text in rendered(hostile(result_of, parts)):
        if name not in ("grades", "canvas", "moodle"):
            continue
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        assert len({len(row) for row in rows}) == 1
        for separator in ",;":
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
                for cell in row:
                    assert re.fullmatch(r"-?\d*", cell) or not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell), (
                        cell
                    )


@given(results)
def test_moodle_shows_no_markup_of_strangers(result_of: Any, parts: Any) -> None:
    for name, text in rendered(hostile(result_of, parts)):
        if name == "moodle":
            for row in csv.reader(io.StringIO(text, newline="")):
                assert set(re.findall(r"<[^>]*>?", row[-1])) <= {"<p>", "</p>", "<b>", "</b>", "<br>"}


@given(results)
def test_markdown(result_of: Any, parts: Any) -> None:
    """No HTML, no links, no images, and the headings and tables that are ours."""
    for name, text in rendered(hostile(result_of, parts)):
        if name not in ("feedback", "summary"):
            continue
        tokens = list(flat(MARKDOWN.parse(text)))
        assert not {token.type for token in tokens} & {
            "html_block", "html_inline", "link_open", "image", "code_block", "blockquote_open", "s_open", "em_open"
        }, text  # fmt: skip
        if name == "feedback":
            assert sum(token.type == "tr_open" for token in tokens) == 2
            sections = 0 if parts[4] is Outcome.PASSED else 1
            assert sum(token.type == "heading_open" for token in tokens) == 1 + sections
            assert sum(token.type == "fence" for token in tokens) == sections


@given(texts)
def test_markdown_shows_what_was_written(text: str) -> None:
    tokens = list(flat(MARKDOWN.parse(f"x {escaping.markdown(text)} x")))
    shown = "".join(token.content for token in tokens if token.type in ("text", "text_special"))
    assert shown.split() == f"x {escaping.line(text)} x".split()


@given(texts)
def test_no_autolinks_of_gfm(text: str) -> None:
    assert not re.search(r"(?<!\\)://|www\.", escaping.markdown(text), re.IGNORECASE)


@given(texts)
def test_a_fence_ends_where_it_ends(text: str) -> None:
    tokens = MARKDOWN.parse(f"{escaping.fenced(text)}\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].content.rstrip("\n") == escaping.lines(text).rstrip("\n")


@given(texts)
def test_html_shows_what_was_written(text: str) -> None:
    escaped = escaping.html(text)
    assert not set(escaped) & set("<>\"'")
    assert html.unescape(escaped) == escaping.line(text)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=cmd()", "'=cmd()"),
        (" =1", "' =1"),
        ("@a", "'@a"),
        ("+a", "'+a"),
        ("-a", "'-a"),
        ("\uff1d1", "'\uff1d1"),
        ("-", "-"),
        ("-5", "-5"),
        ("-1.5", "-1.5"),
        ("\t=1", "\\t=1"),
        ("a=b", "a=b"),
        ("a;=1", "a;'=1"),
        ('a; "=1"', 'a;\' "=1"'),
        ("山田\u3000太郎", "山田 太郎"),
        ("a\nb", "a\\nb"),
    ],
)
def test_cells(text: str, cell: str) -> None:
    assert escaping.cell(text) == cell


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or [])
