"""YAML and JSON as kubectl reads it: YAML 1.1 by go-yaml, turned into JSON.

Sources: https://github.com/kubernetes-sigs/yaml/blob/master/yaml.go and goyaml.v2/resolve.go there. PyYAML alone would
take 80:80 for 4880 and a date for no text, and `y` for text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from graders.intake.source import InvalidSubmission, printable

MOST_VALUES = 20_000  # of a submission, each counted as often as an alias repeats it
MOST_ALIASES = 20  # of a file
DEEPEST = 40  # levels of nesting
LONGEST_NUMBER = 30  # characters
DEEP = f"nested deeper than {DEEPEST} levels. No manifest is that deep."
MANY = f"the submission has more than {MOST_VALUES:,} values. Hand in only what the task asks for."

Path = tuple[str | int, ...]  # ("spec", "ports", 0, "port")
Lines = dict[Path, int]

PLAIN = "plain"  # the tag of what has neither quotes nor a tag
PREFIX = "tag:yaml.org,2002:"
WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as PyYAML counts lines
# What PyYAML finds, and what a student does about it.
PROBLEMS = (
    (r"found character '\\t'", "a tab is in the indentation. Use spaces."),
    (
        r"mapping values are not allowed",
        "a key cannot stand here. Line it up with its neighbours, or put a value with `: ` in quotes.",
    ),
    (r"could not find expected ':'", "a key has no `:`. Write `key: value`, here or in the line above."),
    (r"found unexpected end of stream", "a quote that is opened in line {line} is not closed. Close it."),
    (r"expected ',' or '[\]}]'", "a bracket opened in line {line} is not closed, or a comma is missing. Add it."),
    (r"expected '?<document start>", "something stands behind the end of an object. Put `---` between objects."),
    (r"found character '(.)' that cannot start", r"a value cannot begin with \1. Put it in quotes."),
    (r"found undefined alias '?([^']*)", r"nothing is called &\1. Write the value out."),
    (r"found duplicate anchor '?([^';]*)", r"two things are called &\1. Write the values out."),
)


@dataclass
class Room:
    """How many values a submission may still have."""

    values: int = MOST_VALUES


def documents(file: str, text: str, room: Room) -> Iterator[tuple[Any, Lines]]:
    """The content of each document of a file, and the line of each of its fields; InvalidSubmission with the line."""
    reading = _Reading(file, text, room)
    try:
        nodes = list(_nodes(_Quick(text)))
    except (yaml.YAMLError, ValueError):
        nodes = _read_again(text, reading)
    for node in nodes:
        lines: Lines = {}
        yield reading.document(node, lines), lines


def _nodes(loader: _Quick | _Slow) -> Iterator[yaml.Node]:
    try:
        while loader.check_node():
            if node := loader.get_node():
                yield node
    finally:
        loader.dispose()


def _read_again(text: str, reading: _Reading) -> list[yaml.Node]:
    """What libyaml refuses: PyYAML says more of the reason, and knows the escapes of JSON, as kubectl does."""
    try:
        loader = _Slow(text, reading.refuse)
    except ReaderError as error:
        line = len(BREAK.findall(text[: error.position])) + 1
        reading.refuse(line, "it is not YAML: a control character is in it. Mend this line.", error)
    try:
        return list(_nodes(loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reading.refuse(mark.line + 1 if mark else 1, f"it is not YAML: {reading.problem(error)}", error)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        what = printable(str(error).partition("\n")[0])
        reading.refuse(loader.line + 1, f"it is not YAML: {what}. Mend this line.", error)


class _Composer(Composer, BaseResolver):
    """Events to nodes, within limits. No tag but PLAIN is guessed, and no tag makes an object.

    In Python also for libyaml, whose own takes the stack for each level of nesting, and ends the process.
    """

    def __init__(self) -> None:
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self._depth = 0
        self._values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._depth += 1
        self._values += 1
        if self._depth > DEEPEST:
            self.exceed(DEEP)
        if self._values > MOST_VALUES:
            self.exceed(MANY)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def exceed(self, problem: str) -> NoReturn:
        raise yaml.YAMLError(problem)


_Composer.add_implicit_resolver(PLAIN, re.compile(""), None)


class _Quick(_Composer, yaml.CBaseLoader):
    """By libyaml, of which kubectl's parser is a translation; four times as fast."""

    def __init__(self, text: str) -> None:
        yaml.CBaseLoader.__init__(self, text)
        _Composer.__init__(self)


class _Slow(_Composer, Reader, Scanner, Parser):
    """By PyYAML itself."""

    def __init__(self, text: str, refuse: Callable[[int, str], NoReturn]) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        _Composer.__init__(self)
        self._refuse = refuse

    def exceed(self, problem: str) -> NoReturn:
        self._refuse(self.line + 1, problem)

    def scan_to_next_token(self) -> None:
        """As for libyaml, a tab is a blank where it does not indent: it is not what is wrong."""
        while True:
            while self.peek() == " " or (self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in "\0\r\n\x85\u2028\u2029":
                    self.forward()
            if not self.scan_line_break():  # type: ignore[no-untyped-call]
                return
            if not self.flow_level:
                self.allow_simple_key = True


class _Reading:
    """Nodes of one file to values: what YAML allows and Kubernetes does not is refused."""

    def __init__(self, file: str, text: str, room: Room) -> None:
        self._file = file
        self._text = text
        self._room = room
        self._seen: set[int] = set()
        self._aliases = 0

    def refuse(self, line: int, problem: str, cause: Exception | None = None) -> NoReturn:
        around = BREAK.split(self._text)[max(0, line - 2) : line]
        if any("{{" in each for each in around):
            problem = "it is a template: `{{` is in it. Hand in the manifest with the values in place."
        raise InvalidSubmission(f"{self._file}:{line}", problem) from cause

    def problem(self, error: yaml.MarkedYAMLError) -> str:
        """What PyYAML found, as the student sees it, and what to do."""
        mark, opened = error.problem_mark, error.context_mark
        for pattern, teaches in PROBLEMS:
            found = re.match(pattern, str(error.problem))
            if found:
                return printable(found.expand(teaches).replace("{line}", str(opened.line + 1 if opened else 1)))
        if mark and "\t" in BREAK.split(self._text)[mark.line]:
            return "a tab is in this line. Use spaces."
        if str(error.problem).startswith("expected <block end>"):
            return "the indentation does not fit. Line it up with what it belongs to."
        return f"{printable(str(error.problem))}. Mend this line."

    def document(self, node: yaml.Node, lines: Lines) -> Any:
        self._seen.clear()  # by id, which the nodes of the next document may have again
        return self.value(node, (), lines)

    def value(self, node: yaml.Node, at: Path, lines: Lines) -> Any:
        line = node.start_mark.line + 1
        lines.setdefault(at, line)
        self._room.values -= 1
        if self._room.values < 0:
            self.refuse(line, MANY)
        if len(at) > DEEPEST:
            self.refuse(line, DEEP)
        if id(node) in self._seen:
            self._aliases += 1
            if self._aliases > MOST_ALIASES:
                self.refuse(line, f"more than {MOST_ALIASES} aliases. Write the values out.")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode) and node.tag == f"{PREFIX}map":
            return self._mapping(node, at, lines)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{PREFIX}seq":
            return [self.value(each, (*at, number), lines) for number, each in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        return self._refuse_tag(node)

    def _mapping(self, node: yaml.MappingNode, at: Path, lines: Lines) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.refuse(line, "a key is no plain word. Write `key: value`.")
            key = self._scalar(key_node)
            if key is None:
                self.refuse(line, "there is no key before the `:`. Write `key: value`.")
            name = str(key).lower() if isinstance(key, bool) else str(key)
            if name in own:
                self.refuse(line, f"the key {printable(name)!r} is there twice. Keep one.")
            lines[*at, name] = line
            own[name] = self.value(value_node, (*at, name), lines)
            if key_node.tag == PLAIN and name == "<<":
                merged = self._merged(own.pop(name), line) | merged
        return merged | own

    def _merged(self, value: Any, line: int) -> dict[str, Any]:
        """https://yaml.org/type/merge.html: of several mappings the first wins."""
        mappings = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in mappings):
            self.refuse(line, "`<<` takes an alias of a mapping. Write the fields out.")
        return {name: each for mapping in reversed(mappings) for name, each in mapping.items()}

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        line = node.start_mark.line + 1
        kind = node.tag.removeprefix(PREFIX)
        if kind in ("str", "timestamp"):
            return self._string(node.value, line)
        found = self._resolved(node.value, line)
        fits = {PLAIN: (object,), "bool": (bool,), "int": (int,), "float": (int, float), "null": (type(None),)}
        if kind not in fits:
            self._refuse_tag(node)
        if not isinstance(found, fits[kind]) or (kind in ("int", "float") and isinstance(found, bool)):
            self.refuse(line, f"{printable(node.value)!r} is no !!{kind}. Leave the tag out.")
        return found

    def _resolved(self, text: str, line: int) -> Any:
        """What a plain scalar means."""
        if text in WORDS:
            return WORDS[text]
        if NO_NUMBER.fullmatch(text):
            self.refuse(line, f"{text} is no number in Kubernetes. Put it in quotes if it is meant as text.")
        digits = text.replace("_", "")
        whole, fraction = INTEGER.fullmatch(digits), FLOAT.fullmatch(digits)
        if not (whole or fraction) or text.startswith("_"):
            return self._string(text, line)
        if len(digits) > LONGEST_NUMBER:
            self.refuse(line, f"a number of {len(digits)} characters. Put it in quotes if it is meant as text.")
        if whole:
            sign, *parts = whole.groups()
            return next(int(sign + part, base) for part, base in zip(parts, (16, 2, 8, 10), strict=True) if part)
        number = float(digits)
        if number in (float("inf"), float("-inf")):
            return text
        return int(number) if number.is_integer() and abs(number) < 1e21 else number  # as Go writes it in JSON

    def _string(self, text: str, line: int) -> str:
        """Surrogates come from escapes, as JSON has them."""
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError as error:
            self.refuse(line, "an escape in it is half a character. Write the character itself.", error)

    def _refuse_tag(self, node: yaml.Node) -> NoReturn:
        tag = printable(node.tag.replace(PREFIX, "!!"))
        self.refuse(node.start_mark.line + 1, f"the tag {tag} is not allowed. Use plain YAML.")
