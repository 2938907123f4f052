"""lab.yaml without what is not for students; comments and order stay as they are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import yaml

NOT_FOR_STUDENTS = "equivalent"  # mutants of the solution, with reasons


def visible(text: str, hidden: Collection[str], points: int) -> str:
    """Without the entries of the `hidden` checks, with the `points` of the others.

    ValueError where an entry has no lines of its own, as in `checks: {a: {…}, b: {…}}`.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = text.splitlines()
    gone = {number for found in _entries(root, hidden) for number in _lines(*found, lines)}
    result = "".join(f"{line}\n" for number, line in enumerate(lines) if number not in gone)
    result = re.sub(r"^points:.*?(?=\s*(?:#.*)?$)", f"points: {points}", result, count=1, flags=re.MULTILINE)
    if yaml.safe_load(result) != _expected(yaml.safe_load(text), hidden, points):
        raise ValueError("what students shall not have shares lines with other keys. Write each on lines of its own.")
    return result


def _entries(root: Any, hidden: Collection[str]) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """(key, value)"""
    for key, value in root.value:
        if key.value == NOT_FOR_STUDENTS:
            yield key, value
        if key.value == "checks":
            yield from ((name, entry) for name, entry in value.value if name.value in hidden)


def _lines(key: yaml.Node, value: yaml.Node, lines: list[str]) -> range:
    """Of an entry and of the comments right above it, counted from 0."""
    first = key.start_mark.line
    while first and re.match(rf" {{{key.start_mark.column}}}#", lines[first - 1]):
        first -= 1
    return range(first, max(key.end_mark.line, _last(value)) + 1)


def _last(node: yaml.Node) -> int:
    """The last line of a node: a block ends where the next token begins, so its last leaf is asked."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        leaf = node.value[-1]
        return _last(leaf[1] if isinstance(leaf, tuple) else leaf)
    end = node.end_mark
    return int(end.line if end.column else end.line - 1)


def _expected(content: dict[str, Any], hidden: Collection[str], points: int) -> dict[str, Any]:
    checks = {name: text for name, text in content["checks"].items() if name not in hidden}
    kept = {key: each for key, each in content.items() if key != NOT_FOR_STUDENTS}
    return {**kept, "checks": checks, "points": points}
