"""A field, or a value, is written with other capitals. Kubernetes' words are spelled exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator

from graders.course.mutants.fields import is_field, walk
from graders.course.mutants.mutant import Edit, called, set_to
from graders.submission import Document

WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")


def edits(document: Document) -> Iterator[Edit]:
    content = document.content
    for path, value in walk(content):
        if is_field(content, path):
            for other in others(str(path[-1])):
                yield called("case-field", content, path, other)
        if isinstance(value, str) and WORD.fullmatch(value):
            for other in others(value) or [value.capitalize()]:
                yield set_to("case-value", content, path, other)


def others(word: str) -> list[str]:
    """`nodeport` and `nodePort` for `NodePort`, `clusterip` and `clusterIp` for `clusterIP`; none without capitals."""
    small = re.sub(r"(?<=[A-Z])[A-Z]+", lambda found: found[0].lower(), word)
    small = small[:1].lower() + small[1:] if small == word else small
    return [other for other in dict.fromkeys((word.lower(), small)) if other != word]
