"""The part of Go's text/template that `template` answers are written in: fields, functions and conditions.

{{ .Name }}, {{ .Group.a }}, {{ index .Match 1 }}, {{ parseInt .Group.b 16 8 }}, {{ if eq .Type "A" }}, {{ else }},
{{ end }}, pipelines, and {{- trimmed white space -}}. Source: https://pkg.go.dev/text/template
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ACTION = re.compile(r"\{\{(-\s)?(.*?)(\s-)?\}\}", re.DOTALL)
WORD = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|(`[^`]*`)|([()|])|([^\s()|"`]+))')


class TemplateError(ValueError):
    """A template that cannot be read, or that asks for what is not there."""


def _parse_int(text: str, base: int, bits: int) -> int:
    number = int(text, base)
    if number >> bits:
        raise ValueError(f'parsing "{text}": value out of range')
    return number


def _printf(pattern: str, *values: Any) -> str:
    return re.sub(r"%[vq]", "%s", pattern) % values


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "index": lambda collection, *keys: _index(collection, keys),
    "parseInt": _parse_int,
    "printf": _printf,
    "print": lambda *values: "".join(map(str, values)),
    "len": len,
    "eq": lambda first, *others: first in others,
    "ne": lambda first, second: first != second,
    "lt": lambda first, second: first < second,
    "le": lambda first, second: first <= second,
    "gt": lambda first, second: first > second,
    "ge": lambda first, second: first >= second,
    "not": lambda value: not value,
    "and": lambda *values: next((value for value in values if not value), values[-1]),
    "or": lambda *values: next((value for value in values if value), values[-1]),
}


def _index(collection: Any, keys: tuple[Any, ...]) -> Any:
    for key in keys:
        collection = collection.get(key, "") if isinstance(collection, dict) else collection[key]
    return collection


@dataclass(slots=True)
class _Branch:
    """Text, expressions and conditions in order; a condition is (expression, when true, otherwise)."""

    parts: list[Any] = field(default_factory=list)


class GoTemplate:
    def __init__(self, text: str) -> None:
        self._pieces = _split(text)
        self._root = self._branch(closing=())[0]

    def render(self, data: dict[str, Any]) -> str:
        """The text for `data`; TemplateError for a field or an element that is not there."""
        try:
            return _render(self._root, data)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise TemplateError(str(error)) from error

    def _branch(self, closing: tuple[str, ...]) -> tuple[_Branch, str]:
        branch = _Branch()
        while self._pieces:
            action, text = self._pieces.pop(0)
            keyword, _, rest = text.partition(" ")
            if not action:
                branch.parts.append(text)
            elif text.startswith("/*"):
                pass
            elif keyword in ("end", "else"):
                if keyword not in closing:
                    raise TemplateError(f"unexpected {{{{{keyword}}}}}")
                if keyword == "else" and rest:  # else if: a condition of its own, closed by the same end
                    self._pieces.insert(0, (True, rest.strip()))
                    return branch, "else if"
                return branch, keyword
            elif keyword == "if":
                branch.parts.append(self._condition(rest))
            elif keyword in ("range", "with", "define", "template", "block", "break", "continue"):
                raise TemplateError(f"pocketkube does not carry out {{{{{keyword}}}}}")
            else:
                branch.parts.append(_pipeline(text))
        if closing:
            raise TemplateError("unexpected EOF")
        return branch, ""

    def _condition(self, text: str) -> tuple[Any, _Branch, _Branch]:
        then, ended = self._branch(closing=("else", "end"))
        otherwise = _Branch()
        if ended == "else if":
            (_, nested) = self._pieces.pop(0)
            otherwise.parts.append(self._condition(nested.partition(" ")[2]))
        elif ended == "else":
            otherwise, _ = self._branch(closing=("end",))
        return _pipeline(text), then, otherwise


def _split(text: str) -> list[tuple[bool, str]]:
    """(whether it is an action, text) in order."""
    pieces: list[tuple[bool, str]] = []
    position = 0
    trim = False
    for match in ACTION.finditer(text):
        before = text[position : match.start()]
        before = before.lstrip() if trim else before
        pieces.append((False, before.rstrip() if match[1] else before))
        pieces.append((True, match[2].strip()))
        position, trim = match.end(), bool(match[3])
    rest = text[position:]
    if "{{" in rest:
        raise TemplateError("unclosed action")
    pieces.append((False, rest.lstrip() if trim else rest))
    return pieces


def _pipeline(text: str) -> Any:
    words: list[str] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = WORD.match(text, position)
        if match is None:
            raise TemplateError(f"unterminated quoted string in {text!r}")
        words.append(next(group for group in match.groups() if group is not None))
        position = match.end()
    expression = _commands(words)
    if words:
        raise TemplateError(f"unexpected {words[0]!r}")
    return expression


def _commands(words: list[str]) -> Any:
    """(function, operands): the result of one command of a pipeline is the last operand of the next."""
    result: Any = None
    while True:
        operands: list[Any] = []
        while words and words[0] not in ("|", ")"):
            operands.append(_operand(words))
        if not operands:
            raise TemplateError("missing value for command")
        if result is not None:
            operands.append(result)
        result = _command(operands)
        if not words or words[0] == ")":
            return result
        words.pop(0)


def _operand(words: list[str]) -> Any:
    word = words.pop(0)
    if word == "(":
        inner = _commands(words)
        if not words:
            raise TemplateError("unclosed left paren")
        words.pop(0)
        return inner
    if word[0] in '"`':
        return ("value", word[1:-1].replace('\\"', '"') if word[0] == '"' else word[1:-1])
    if word.lstrip("-").isdigit():
        return ("value", int(word))
    if word in ("true", "false"):
        return ("value", word == "true")
    if word.startswith("."):
        return ("field", [part for part in word.split(".") if part])
    if word not in FUNCTIONS:
        raise TemplateError(f'function "{word}" not defined')
    return ("function", word)


def _command(operands: list[Any]) -> Any:
    if operands[0][0] == "function":
        return ("call", operands[0][1], operands[1:])
    if len(operands) > 1:
        raise TemplateError("can't give argument to non-function")
    return operands[0]


def _render(branch: _Branch, data: dict[str, Any]) -> str:
    text = ""
    for part in branch.parts:
        if isinstance(part, str):
            text += part
        elif isinstance(part[1], _Branch):
            condition, then, otherwise = part
            text += _render(then if _value(condition, data) else otherwise, data)
        else:
            text += str(_value(part, data))
    return text


def _value(expression: Any, data: dict[str, Any]) -> Any:
    match expression:
        case ("value", value):
            return value
        case ("field", path):
            found: Any = data
            for part in path:
                if part not in found and found is not data.get("Group"):
                    raise TemplateError(f"can't evaluate field {part}")
                found = found.get(part, "<no value>")
            return found
        case ("function", name):
            return FUNCTIONS[name]()
        case (_, name, operands):
            return FUNCTIONS[name](*(_value(each, data) for each in operands))
    raise TemplateError("not an expression")
