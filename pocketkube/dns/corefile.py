"""The syntax of a Corefile: server blocks, and in them plugins with arguments and properties.

Errors have CoreDNS's own words. Source: https://coredns.io/manual/configuration/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

PATH = "/etc/coredns/Corefile"  # where the ConfigMap is mounted; error messages name it
ENVIRONMENT = re.compile(r"\{\$(\w+)\}|\{%(\w+)%\}")


class CorefileError(ValueError):
    """`/etc/coredns/Corefile:LINE - what is wrong`; where CoreDNS does not say the line, it is 0."""

    def __init__(self, line: int, problem: str, kind: str = "Error during parsing") -> None:
        super().__init__(f"{PATH}:{line} - {kind}: {problem}" if line else problem)

    def of_plugin(self, name: str) -> CorefileError:
        return CorefileError(0, f"plugin/{name}: {self}")


class Line(NamedTuple):
    """One property of a plugin: `pods insecure`."""

    words: list[str]
    number: int


@dataclass(slots=True)
class Directive:
    """One plugin in a server block: `kubernetes cluster.local { ttl 30 }`. `end`: the line that closes it."""

    name: str
    arguments: list[str]
    line: int
    properties: list[Line] = field(default_factory=list)
    end: int = 0

    def wrong_arguments(self, last: str = "", line: int = 0) -> CorefileError:
        words = f"Wrong argument count or unexpected line ending after '{last or self.name}'"
        return CorefileError(line or self.line, words)


@dataclass(slots=True)
class ServerBlock:
    """`keys` are what it serves, as written: `.:53`, `example.org`."""

    keys: list[str]
    line: int
    directives: list[Directive] = field(default_factory=list)


class Token(NamedTuple):
    text: str
    line: int


def parse(text: str) -> list[ServerBlock]:
    """The server blocks of a Corefile, in order. CorefileError for one that cannot be read."""
    return list(_Parser(list(_tokens(text))).blocks())


def _tokens(text: str) -> Iterator[Token]:
    """Words between white space; "quoted ones" may contain it, and # begins a comment."""
    position, line = 0, 1
    while position < len(text):
        character = text[position]
        if character == "\n":
            line += 1
        if character.isspace():
            position += 1
        elif character == "#":
            end = text.find("\n", position)
            position = end if end >= 0 else len(text)
        elif character == '"':
            word, position, lines = _quoted(text, position + 1)
            yield Token(word, line)
            line += lines
        else:
            start = position
            while position < len(text) and not text[position].isspace():
                position += 1
            yield Token(ENVIRONMENT.sub("", text[start:position]), line)  # the CoreDNS container's are all unset


def _quoted(text: str, position: int) -> tuple[str, int, int]:
    """From after the opening quote: the word, where it ends, and how many lines it spans."""
    word = ""
    while position < len(text) and text[position] != '"':
        if text[position] == "\\" and text[position + 1 : position + 2] == '"':
            position += 1
        word += text[position]
        position += 1
    return word, position + 1, word.count("\n")


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._snippets: dict[str, list[Directive]] = {}

    def blocks(self) -> Iterator[ServerBlock]:
        while self._at < len(self._tokens):
            if self._tokens[self._at].text == "import":
                first = self._tokens[self._at]
                self._at += 1
                self._import(Directive(first.text, self._rest_of(first.line), first.line))
                continue
            block = self._block()
            name = block.keys[0]
            if name.startswith("(") and name.endswith(")"):
                self._snippets[name[1:-1]] = block.directives
            else:
                yield block

    def _block(self) -> ServerBlock:
        first = self._tokens[self._at]
        keys = self._keys()
        block = ServerBlock(keys, first.line)
        braces = self._peek() is not None and self._tokens[self._at].text == "{"
        if braces:
            self._at += 1
        while (token := self._peek()) and token.text != "}":
            block.directives += self._directives()
        if braces:
            if self._peek() is None:
                last = self._tokens[-1]
                raise CorefileError(last.line, f"Unexpected token '{last.text}', expecting '}}'", "Syntax error")
            self._at += 1
        elif self._peek():
            raise self._stray_brace(self._tokens[self._at])
        return block

    def _keys(self) -> list[str]:
        keys: list[str] = []
        another = False
        while token := self._peek():
            if token.text == "{":
                if another or not keys:
                    problem = f"Expected another address but had '{token.text}' - check for extra comma"
                    raise CorefileError(token.line, problem)
                break
            if token.text == "}":
                raise self._stray_brace(token)
            if keys and not another and token.line != self._tokens[self._at - 1].line:
                break
            another = token.text.endswith(",")
            keys.append(token.text.rstrip(","))
            self._at += 1
        if another:
            raise CorefileError(self._tokens[-1].line, "Unexpected EOF")
        return keys

    def _directives(self) -> list[Directive]:
        """One plugin, or those that an `import` stands for."""
        name = self._tokens[self._at]
        self._at += 1
        found = Directive(name.text, self._rest_of(name.line), name.line, end=name.line)
        if name.text == "import":
            return self._import(found)
        token = self._peek()
        if token and token.text == "{" and token.line == name.line:
            self._at += 1
            self._properties(found)
        elif token and token.text == "{":
            raise CorefileError(token.line, "Unknown directive '{'")
        return [found]

    def _properties(self, found: Directive) -> None:
        while token := self._peek():
            if token.text == "}":
                found.end = token.line
                self._at += 1
                return
            if token.text == "{":
                raise CorefileError(token.line, f"Unexpected '{{' in the block of {found.name}")
            self._at += 1
            found.properties.append(Line([token.text, *self._rest_of(token.line)], token.line))
        raise CorefileError(self._tokens[-1].line, "Unexpected EOF")

    def _rest_of(self, line: int) -> list[str]:
        words = []
        while (token := self._peek()) and token.line == line and token.text not in ("{", "}"):
            words.append(token.text)
            self._at += 1
        return words

    def _import(self, found: Directive) -> list[Directive]:
        """A snippet of this Corefile. It is the only file there, so that a pattern of file names matches none."""
        if not found.arguments:
            raise found.wrong_arguments()
        if len(found.arguments) > 1:
            raise CorefileError(found.line, "Import takes only one argument (glob pattern or file)")
        wanted = found.arguments[0]
        if wanted in self._snippets:
            return self._snippets[wanted]
        if "*" in wanted:
            return []
        raise CorefileError(found.line, f"File to import not found: {wanted}")

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    @staticmethod
    def _stray_brace(token: Token) -> CorefileError:
        return CorefileError(token.line, "Unexpected '}' because no matching opening brace")
