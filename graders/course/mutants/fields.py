"""The fields of an object, and the object with one of them changed: the object itself stays as it is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]  # ("spec", "ports", 0, "port")

# Mappings whose keys are no fields, but words of the author's.
OF_WORDS = ("labels", "annotations", "matchLabels")
# What no student gets wrong in a way that is about Services: how long something takes, and what a container runs.
# Probes have an operator of their own: each of their mutants takes as long as a Pod needs to be known as not ready.
LEFT_ALONE = (
    *("httpGet", "tcpSocket", "exec"),
    *("terminationGracePeriodSeconds", "initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold"),
    *("imagePullPolicy", "image", "command", "args", "env", "resources", "volumes", "volumeMounts", "securityContext"),
)


def walk(content: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """(path, value) of each field and of each entry of a list, from the top down."""
    entries = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in entries:
        if key not in LEFT_ALONE:
            yield (*path, key), value
            yield from walk(value, (*path, key))


def named(content: dict[str, Any], *names: str) -> Iterator[tuple[Path, Any]]:
    """(path, value) of each field that has one of these names."""
    return ((path, value) for path, value in walk(content) if path[-1] in names and is_field(content, path))


def is_field(content: dict[str, Any], path: Path) -> bool:
    """Neither an entry of a list nor a word of the author's, as a label's key is."""
    return isinstance(path[-1], str) and not is_word(content, path)


def is_word(content: dict[str, Any], path: Path) -> bool:
    """The key of a label, or of a selector: only a Service's is itself a mapping of labels."""
    is_selector = path[:-1] == ("spec", "selector") and content.get("kind") == "Service"
    return is_selector or (len(path) > 1 and path[-2] in OF_WORDS)


def at(content: Any, path: Path) -> Any:
    """None where there is no such field."""
    for key in path:
        try:
            content = content[key]
        except (KeyError, IndexError, TypeError):
            return None
    return content


def mapping(content: Any, *path: str | int) -> dict[str, Any]:
    """Empty where there is no mapping."""
    found = at(content, path)
    return found if isinstance(found, dict) else {}


def replaced(content: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """With `value` at `path`, which its parent may not have yet."""
    mutated, parent = _parent(content, path)
    parent[path[-1]] = value
    return mutated


def dropped(content: dict[str, Any], path: Path) -> dict[str, Any]:
    mutated, parent = _parent(content, path)
    del parent[path[-1]]
    return mutated


def renamed(content: dict[str, Any], path: Path, name: str) -> dict[str, Any]:
    """In the same place; what has the name already gives way."""
    mutated, parent = _parent(content, path)
    entries = [(name if key == path[-1] else key, value) for key, value in parent.items()]
    parent.clear()
    parent.update(entries)
    return mutated


def shown(path: Path) -> str:
    """`spec.ports[0].port`"""
    words = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return words.removeprefix(".")


def _parent(content: dict[str, Any], path: Path) -> tuple[dict[str, Any], Any]:
    mutated = copy.deepcopy(content)
    return mutated, at(mutated, path[:-1])
