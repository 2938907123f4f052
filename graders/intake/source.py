"""A file of a submission, and how it is said that a submission cannot be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceFile:
    """`name`: as the student sees it, such as `k8s/demo.yaml`. It may hold anything: show it by `printable`."""

    name: str
    content: bytes


LONGEST = 400  # characters of a problem: strangers' words in it may have a million


class InvalidSubmission(Exception):
    """One sentence: where, what is wrong, what to do. It is printable, whatever it quotes."""

    def __init__(self, where: str, problem: str) -> None:
        if len(problem) > LONGEST:
            problem = f"{problem[: LONGEST // 2]}…{problem[-LONGEST // 2 :]}"
        super().__init__(printable(f"{where}: {problem}"))


def printable(text: str) -> str:
    """Text from strangers without what steers a terminal: control characters and directions become escapes."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
