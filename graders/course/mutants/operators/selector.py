"""A selector that does not match what it should, or is no selector."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.fields import mapping, replaced
from graders.course.mutants.mutant import Edit, called, set_to
from graders.course.mutants.operators.spelling import swapped
from graders.submission import Document

OTHER_KEYS = ("name", "app.kubernetes.io/name")  # by which others select
EXTRA = ("tier", "frontend")


def edits(document: Document) -> Iterator[Edit]:
    """Of a Service, and of a workload."""
    content = document.content
    selector = mapping(content, "spec", "selector")
    path: tuple[str, ...] = ("spec", "selector")
    if document.content["kind"] != "Service":
        path = (*path, "matchLabels")
        selector = mapping(content, *path)
    for key, value in selector.items():
        for other in (swapped(key), *OTHER_KEYS):
            if other not in selector:
                yield called("selector-key", content, (*path, key), other)
        if isinstance(value, str):
            for text in dict.fromkeys((value[:-1], f"{value}s", document.name)):
                yield set_to("selector-value", content, (*path, key), text)
    if not selector:
        return
    extra, value = EXTRA
    yield Edit("extra-label", path, f"with {extra}: {value}", (replaced(content, (*path, extra), value),))
    if path[-1] == "matchLabels":
        yield Edit("match-labels", path, "left out", (replaced(content, path[:-1], selector),))
    else:
        yield set_to("match-labels", content, path, {"matchLabels": selector})
        yield set_to("selector-as-text", content, path, ",".join(f"{key}={value}" for key, value in selector.items()))
        yield set_to("selector-as-list", content, path, [{key: value} for key, value in selector.items()])
