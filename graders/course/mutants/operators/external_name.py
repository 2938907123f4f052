"""What is written for the name that an ExternalName Service stands for, and is no such name, or another."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.fields import mapping
from graders.course.mutants.mutant import Edit, set_to
from graders.submission import Document

ADDRESS = "192.0.2.1"  # for documentation: RFC 5737


def edits(document: Document) -> Iterator[Edit]:
    """As a URL, with a path, a port or a dot at the end, as an address, or another name."""
    name = mapping(document.content, "spec").get("externalName")
    if not isinstance(name, str):
        return
    for operator, other in (
        ("external-name-as-url", f"http://{name}"),
        ("external-name-as-url", f"{name}/api"),
        ("external-name-as-url", f"{name}:80"),
        ("external-name-dot", f"{name}."),
        ("external-name-as-address", ADDRESS),
        ("external-name", f"www.{name}"),
        ("external-name", name.partition(".")[0]),
        ("external-name", document.name),
    ):
        yield set_to(operator, document.content, ("spec", "externalName"), other)
