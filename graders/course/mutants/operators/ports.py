"""Ports: a number off by one or in another's place, another name, another protocol."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graders.course.mutants.fields import Path, at, mapping, walk
from graders.course.mutants.mutant import Edit, set_to
from graders.submission import Document

NUMBERS = {"port": "port", "targetPort": "target-port", "nodePort": "node-port", "containerPort": "container-port"}
CONFUSED = {80: 8080, 8080: 80, 443: 8443, 5432: 3306}  # what else such a server is said to listen on
NAMES = {"http": "https", "https": "http"}
PROTOCOLS = {"TCP": ("UDP", "HTTP"), "UDP": ("TCP",)}
OUT_OF_RANGE = 8080  # node ports are 30000 to 32767, unless a cluster says otherwise


def edits(document: Document) -> Iterator[Edit]:
    """Of Services, slices, containers and probes alike."""
    content = document.content
    for path, value in walk(content):
        if path[-1] in NUMBERS and not isinstance(value, dict | list):
            for other in dict.fromkeys(_others(content, path, value)):
                yield set_to(NUMBERS[str(path[-1])], content, path, other)
        elif isinstance(path[-1], int) and path[-2:-1] == ("ports",) and isinstance(value, dict):
            yield from _of_entry(content, path, value)
    if mapping(content, "spec").get("type") == "NodePort" and at(content, ("spec", "ports", 0)):
        yield set_to("node-port", content, ("spec", "ports", 0, "nodePort"), OUT_OF_RANGE)


def _others(content: dict[str, Any], path: Path, value: Any) -> Iterator[Any]:
    """What else is written where a port's number or name stands."""
    if isinstance(value, int):
        yield value + 1
        if value in CONFUSED:
            yield CONFUSED[value]
    elif isinstance(value, str):
        yield from (f"{value}s", f"{value}-port")
    if path[-1] == "targetPort":
        own = mapping(content, *path[:-1])
        yield from (own[key] for key in ("port", "name") if key in own)


def _of_entry(content: dict[str, Any], path: Path, port: dict[str, Any]) -> Iterator[Edit]:
    name = port.get("name")
    if isinstance(name, str):
        for other in (NAMES.get(name, f"{name}s"), f"{name}-port"):
            yield set_to("port-name", content, (*path, "name"), other)
    of_container = "containerPort" in port  # there the protocol is only said, and changes nothing
    for other in () if of_container else PROTOCOLS.get(str(port.get("protocol", "TCP")), ()):
        yield set_to("protocol", content, (*path, "protocol"), other)
