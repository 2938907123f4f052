"""Label selectors as text: `app=web,tier in (a,b),!debug`; what is wrong is said in k8s.io/apimachinery's words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pocketkube.admission.formats import label_value_problems, qualified_name_problems, quoted

TOKEN = re.compile(r"\s*(==|!=|[=!(),<>]|[^\s=!(),<>]+)")
SYMBOLS = set("=!(),<>") | {"==", "!="}
OPERATORS = ("in", "notin", "=", "==", "!=", "gt", "lt")
SPELLED = {">": "gt", "<": "lt"}
Labels = dict[str, str]


@dataclass(frozen=True, slots=True)
class Requirement:
    """`operator`: in, notin, exists, !, gt or lt; `=` is in with one value."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def holds(self, labels: Labels) -> bool:
        found = labels.get(self.key)
        match self.operator:
            case "exists":
                return found is not None
            case "!":
                return found is None
            case "in":
                return found in self.values
            case "notin":
                return found not in self.values
        if found is None or not re.fullmatch(r"-?\d+", found):
            return False
        limit = int(next(iter(self.values)))
        return int(found) > limit if self.operator == "gt" else int(found) < limit


def parse(text: str) -> Callable[[Labels], bool]:
    """A predicate on labels; ValueError for a text that is no selector."""
    requirements = _Parser(text).selector()
    return lambda labels: all(each.holds(labels) for each in requirements)


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = TOKEN.findall(text)
        self._at = 0

    def selector(self) -> list[Requirement]:
        found: list[Requirement] = []
        while True:
            token = self._peek()
            if not token and not found:
                return []
            if not _starts(token):
                raise ValueError(f"found '{token}', expected: !, identifier, or 'end of string'")
            try:
                found.append(self._requirement())
            except ValueError as error:
                raise ValueError(f"unable to parse requirement: {error}") from error
            token = self._take()
            if not token:
                return found
            if token != ",":
                raise ValueError(f"found '{token}', expected: ',' or 'end of string'")
            if not _starts(self._peek()):
                raise ValueError(f"found '{self._peek()}', expected: identifier after ','")

    def _requirement(self) -> Requirement:
        key = self._take()
        absent = key == "!"
        if absent:
            key = self._take()
        if not key or key in SYMBOLS:
            raise ValueError(f"found '{key}', expected: identifier")
        problems = qualified_name_problems(key)
        if problems:
            raise ValueError(f"<nil>: Invalid value: {quoted(key)}: {'; '.join(problems)}")
        if absent or self._peek() in ("", ","):
            return Requirement(key, "!" if absent else "exists")
        operator = self._take()
        operator = SPELLED.get(operator, operator)
        if operator not in OPERATORS:
            raise ValueError(f"found '{operator}', expected: {', '.join(OPERATORS)}")
        values = self._values() if operator in ("in", "notin") else [self._value()]
        for number, value in enumerate(sorted(values)):
            _check(key, operator, value, number)
        return Requirement(key, {"=": "in", "==": "in", "!=": "notin"}.get(operator, operator), frozenset(values))

    def _values(self) -> list[str]:
        if (token := self._take()) != "(":
            raise ValueError(f"found '{token}' expected: '('")
        values = [""]
        while (token := self._take()) != ")":
            if token == ",":
                values.append("")
            elif not token or token in SYMBOLS or values[-1]:
                raise ValueError(f"found '{token}', expected: ',', or ')'")
            else:
                values[-1] = token
        return values

    def _value(self) -> str:
        if self._peek() in ("", ","):
            return ""
        token = self._take()
        if token in SYMBOLS:
            raise ValueError(f"found '{token}', expected: identifier")
        return token

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token


def _starts(token: str) -> bool:
    return token == "!" or (bool(token) and token not in SYMBOLS)


def _check(key: str, operator: str, value: str, number: int) -> None:
    if operator in ("gt", "lt") and not re.fullmatch(r"-?\d+", value):
        why = "for 'Gt', 'Lt' operators, the value must be an integer"
        raise ValueError(f"values[{number}]: Invalid value: {quoted(value)}: {why}")
    problems = label_value_problems(value)
    if problems:
        raise ValueError(f"values[{number}][{key}]: Invalid value: {quoted(value)}: {'; '.join(problems)}")
