"""A field is misspelled, or called as something else is called."""

from __future__ import annotations

from collections.abc import Iterator

from graders.course.mutants.fields import is_field, walk
from graders.course.mutants.mutant import Edit, called
from graders.submission import Document

# What the same thing is called elsewhere: in the Pod, in the table of kubectl, in an older API, in everyday words.
CONFUSED = {
    "addresses": "ips",
    "clusterIP": "clusterIPs",
    "containerPort": "targetPort",
    "endpoints": "subsets",
    "externalName": "cname",
    "nodePort": "hostPort",
    "port": "containerPort",
    "selector": "matchLabels",
    "serviceName": "service",
    "targetPort": "containerPort",
}


def edits(document: Document) -> Iterator[Edit]:
    content = document.content
    for path, _ in walk(content):
        field = str(path[-1])
        if not is_field(content, path):
            continue
        yield called("misspell-field", content, path, swapped(field))
        if field in CONFUSED:
            yield called("rename-field", content, path, CONFUSED[field])


def swapped(word: str) -> str:
    """With two letters in each other's place: the first neighbours that differ, but rather not the very first."""
    for at in (*range(1, len(word) - 1), 0):
        if word[at : at + 2] != word[at : at + 2][::-1]:
            return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"
    return word * 2
