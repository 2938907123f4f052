"""The syntax of a Corefile: server blocks, and in them plugins with arguments and properties.

Errors have CoreDNS's own words. Source: https://coredns.io/manual/configuration/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

PATH = "/etc/coredns/Corefile"  # where the ConfigMap is mounted; error messages name it
ENVIRONMENT = re.compile(r"\{\$(\w+)\}|\{%(\w+)%\}")
MOST_EXPANSIONS = 1000  # of imports


class CorefileError(ValueError):
    """`/etc/coredns/Corefile:LINE - what is wrong`; where CoreDNS does not say the line, it is 0."""

    def __init__(self, line: int, problem: str, kind: str = "Error during parsing") -> None:
        super().__init__(f"{PATH}:{line} - {kind}: {problem}" if line else problem)

    def of_plugin(self, name: str) -> CorefileError:
        return type(self)(0, f"plugin/{name}: {self}")


class NotCarriedOut(CorefileError):
    """What CoreDNS has and this one has not."""


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

    @property
    def last_line(self) -> int:
        return self.line + self.text.count("\n")


def parse(text: str, is_known: Callable[[str], bool] = lambda _name: True) -> list[ServerBlock]:
    """The server blocks of a Corefile, in order. CorefileError for one that cannot be read, or names no plugin."""
    return list(_Parser(list(_tokens(text)), is_known).blocks())


def _tokens(text: str) -> Iterator[Token]:
    """Words between white space; "quoted ones" may contain it, and # begins a comment, in a word as well."""
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
            while position < len(text) and not text[position].isspace() and text[position] != "#":
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
    """Goes from token to token as CoreDNS's own does, so that it accepts, and complains of, the same.

    At the end of the text it stays on the last token: that may close a block a second time.
    """

    def __init__(self, tokens: list[Token], is_known: Callable[[str], bool]) -> None:
        self._tokens = tokens
        self._at = -1
        self._is_known = is_known
        self._snippets: dict[str, list[Token]] = {}
        self._expansions = 0

    def blocks(self) -> Iterator[ServerBlock]:
        while self._next():
            first = self._token
            keys, ended = self._keys()
            if ended:
                if keys:
                    yield ServerBlock(keys, first.line)
                return
            if len(keys) == 1 and keys[0].startswith("(") and keys[0].endswith(")"):
                self._define(keys[0][1:-1])
                continue
            block = ServerBlock(keys, first.line, self._contents())
            if keys:
                yield block

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> bool:
        if self._at + 1 < len(self._tokens):
            self._at += 1
            return True
        return False

    def _begins_line(self) -> bool:
        return self._at == 0 or self._tokens[self._at - 1].last_line < self._token.line

    def _next_on_line(self) -> bool:
        more = self._at + 1 < len(self._tokens) and self._tokens[self._at + 1].line == self._token.last_line
        return more and self._next()

    def _keys(self) -> tuple[list[str], bool]:
        """What a server block serves, and whether the text ends with that."""
        keys: list[str] = []
        another = False
        while True:
            text, line = self._token
            if text == "import" and self._begins_line():
                self._import()
                if not self._next():
                    return keys, True
                continue
            if text == "{":
                if another:
                    raise CorefileError(line, f"Expected another address but had '{text}' - check for extra comma")
                return keys, False
            if text:
                another = text.endswith(",")
                keys.append(text.removesuffix(","))
            if not self._next():
                if another:
                    raise CorefileError(line, "Unexpected EOF")
                return keys, True
            if not another and self._begins_line():
                return keys, False

    def _contents(self) -> list[Directive]:
        braces = self._token.text == "{"
        if not braces:
            self._at -= 1
        found: list[Directive] = []
        while self._next() and self._token.text != "}":
            if self._token.text == "import":
                self._import()
            else:
                found += self._directive()
        if braces and self._token.text != "}":
            raise self._unclosed()
        return found

    def _directive(self) -> list[Directive]:
        name, line = self._token
        if not self._is_known(name):
            raise CorefileError(line, f"Unknown directive '{name}'")
        tokens, nesting = [self._token], 0
        while self._next():
            text, line = self._token
            if text == "{":
                nesting += 1
            elif self._begins_line() and nesting == 0:
                self._at -= 1
                break
            elif text == "}":
                if nesting == 0:
                    raise CorefileError(line, "Unexpected '}' because no matching opening brace")
                nesting -= 1
            elif text == "import" and self._begins_line():
                self._import()
                continue
            tokens.append(self._token)
        if nesting:
            raise CorefileError(self._token.line, "Unexpected EOF")
        return list(_directives(name, tokens))

    def _define(self, name: str) -> None:
        """A snippet: tokens that stand wherever it is imported."""
        if name in self._snippets:
            raise CorefileError(self._token.line, f"redeclaration of previously declared snippet {name}")
        if self._token.text != "{":
            raise CorefileError(
                self._token.line, f"Unexpected token '{self._token.text}', expecting '{{'", "Syntax error"
            )
        tokens: list[Token] = []
        nesting = 1
        while self._next():
            nesting += {"{": 1, "}": -1}.get(self._token.text, 0)
            if not nesting:
                self._snippets[name] = tokens
                return
            tokens.append(self._token)
        raise self._unclosed()

    def _import(self) -> None:
        """Put a snippet in place of the two words. There is no other file, so that a pattern of names matches none."""
        if not self._next_on_line():
            raise Directive("import", [], self._token.line).wrong_arguments()
        wanted, line = self._token
        if not wanted:
            raise CorefileError(line, "Import requires a non-empty filepath")
        if self._next_on_line():
            raise CorefileError(line, "Import takes only one argument (glob pattern or file)")
        self._expansions += 1
        if self._expansions > MOST_EXPANSIONS:
            raise CorefileError(line, f"maximum snippet import depth ({MOST_EXPANSIONS}) exceeded")
        if wanted not in self._snippets and "*" not in wanted:
            raise CorefileError(line, f"File to import not found: {wanted}")
        self._tokens[self._at - 1 : self._at + 1] = self._snippets.get(wanted, [])
        self._at -= 2

    def _unclosed(self) -> CorefileError:
        text, line = self._token
        return CorefileError(line, f"Unexpected token '{text}', expecting '}}'", "Syntax error")


def _directives(name: str, tokens: list[Token]) -> Iterator[Directive]:
    """One, unless a brace stands where it opens no block: to CoreDNS that is another of the same name."""
    at = 0

    def rest_of_line() -> list[str]:
        nonlocal at
        words = []
        while at < len(tokens) and tokens[at].line == tokens[at - 1].last_line and tokens[at].text != "{":
            words.append(tokens[at].text)
            at += 1
        return words

    while at < len(tokens):
        first = tokens[at]
        at += 1
        found = Directive(name, rest_of_line(), first.line, end=first.line)
        if at < len(tokens) and tokens[at].text == "{" and tokens[at].line == tokens[at - 1].last_line:
            at += 1
            while at < len(tokens) and tokens[at].text != "}":
                start = tokens[at]
                at += 1
                found.properties.append(Line([start.text, *rest_of_line()], start.line))
            found.end = tokens[min(at, len(tokens) - 1)].line
            at = len(tokens)  # a brace inside is one of which the plugin complains
        yield found
