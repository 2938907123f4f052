"""What was observed, as the text would say it."""

from __future__ import annotations

import re

from graders.course.document.bindings import Bindings
from graders.course.document.values import Value, Vocabulary

WORD = re.compile(r"\S+")


def translated(observed: str, shown: str, label: str, bindings: Bindings, vocabulary: Vocabulary) -> str:
    """`observed` with the text's own values, and with the spaces of `shown`, which it takes the place of.

    A value that has none in the text yet keeps what stands in its place, if that is of the same kind and means nothing
    else.
    """
    mine = vocabulary.values(shown, label)
    counts: dict[str, int] = {}
    parts, at = [], 0
    for value in vocabulary.values(observed, label):
        nth = counts[value.kind.name] = counts.get(value.kind.name, -1) + 1
        same = [each.text for each in mine if each.kind.name == value.kind.name]
        parts += [observed[at : value.start], _text(value, same[nth] if nth < len(same) else "", bindings)]
        at = value.end
    return _spaced(_in_order_of("".join(parts) + observed[at:], shown), shown)


def _in_order_of(text: str, shown: str) -> str:
    """A list between commas with what is in both where it stands in `shown`."""
    mine, left = shown.split(","), text.split(",")
    if " " in text or len(mine) != len(left):
        return text
    kept = []
    for each in mine:
        kept.append(each if each in left else "")
        if kept[-1]:
            left.remove(each)
    return ",".join(each or left.pop(0) for each in kept)


def _text(value: Value, in_place: str, bindings: Bindings) -> str:
    dashed = value.kind.name == "address in a name"
    kind, text = ("address", value.text.replace("-", ".")) if dashed else (value.kind.name, value.text)
    if not value.kind.bound and not dashed:
        return in_place or text
    known = bindings.shown.get((kind, text))
    if known is None:
        free = in_place and (kind, in_place.replace("-", ".") if dashed else in_place) not in bindings.observed
        return in_place if free else value.text
    return known.replace(".", "-") if dashed else known


def _spaced(text: str, like: str) -> str:
    words, spaces = WORD.findall(text), WORD.split(like)
    if len(words) != len(spaces) - 1:
        return text.strip()
    return "".join(space + word for space, word in zip(spaces, [*words, ""], strict=True))
