"""Looking into what strangers wrote: whatever has the wrong type counts as not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from graders.submission import Document, InvalidSubmission

Path = tuple[str | int, ...]


def mapping(value: Any, *path: str) -> dict[str, Any]:
    """The mapping at `path` in `value`; empty where there is none."""
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """(number, element) of each mapping in a list."""
    return ((number, each) for number, each in enumerate(items(value)) if isinstance(each, dict))


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def refuse(document: Document, path: Path, what: str) -> NoReturn:
    """InvalidSubmission at the line of a field."""
    raise InvalidSubmission(document.at(*path), what)
