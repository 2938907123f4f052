"""YAML and JSON: every value by its path, the keys of a mapping in any order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from graders.course.document.compare.record import Field, Record, Section

EITHER = ("dst_from", "dst_until")  # of worldtimeapi.org: a date in summer, null in winter


def parse(lines: Sequence[str]) -> list[Section] | None:
    """None where it is neither a mapping nor a list."""
    try:
        root = yaml.compose("\n".join(lines), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return None
    if not isinstance(root, yaml.CollectionNode):
        return None
    return [Section("", tuple(_leaves(root, (), "")), ordered=False, by_line=False)]


def _leaves(node: Any, path: tuple[str, ...], label: str) -> Iterator[Record]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _leaves(value, (*path, str(key.value)), str(key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _leaves(value, (*path, str(number)), label)
    if isinstance(node, yaml.ScalarNode) or not node.value:
        yield _leaf(node, path, label)


def _leaf(node: Any, path: tuple[str, ...], label: str) -> Record:
    """Its type is a part of the key: "80" is not 80."""
    begin, end = node.start_mark, node.end_mark
    text = node.value if isinstance(node, yaml.ScalarNode) else "empty"
    quotes = 1 if isinstance(node, yaml.ScalarNode) and node.style in ('"', "'") else 0
    stop = end.column - quotes if end.line == begin.line else begin.column + quotes
    field = Field(label, text, begin.column + quotes, max(stop, begin.column + quotes))
    tag = "" if label in EITHER else node.tag
    return Record(begin.line, (field,), f"{'.'.join(path)} {tag}", ".".join(path))
