"""What was observed on the way to a verdict, without what every cluster chooses for itself."""

from __future__ import annotations

import re
from collections.abc import Collection

from graders.course.document.values import Vocabulary
from graders.result import Result
from graders.verdict import CheckResult

RAN = re.compile(r"^\$ (.*)\n((?:.*\n)*?)\(exit (\d+)\)$", re.MULTILINE)  # graders.execute.Ran.transcript
NAMESPACE = re.compile(r"\blab-[a-z0-9-]*-[0-9a-f]{12}\b")  # of one grading among many


def differing_answers(one: Result, other: Result, nodes: Collection[str]) -> list[str]:
    """What was observed of a check in only one of them. `nodes`: names of the nodes of both clusters."""
    vocabulary = Vocabulary(nodes=nodes)
    others = {check.name: check for check in other.checks}
    lines = []
    for check in one.checks:
        left, right = _answers(check, vocabulary), _answers(others[check.name], vocabulary)
        lines += [f"{check.name}: {each} -> nothing like it" for each in sorted(left - right)]
        lines += [f"{check.name}: nothing like it -> {each}" for each in sorted(right - left)]
    return lines


def _answers(check: CheckResult, vocabulary: Vocabulary) -> set[str]:
    """What was said of it, and each command with its exit status and the lines of its output in any order."""
    found = {f"seen: {_shape(check.seen, vocabulary)}"} if check.seen else set()
    for command, output, code in RAN.findall(check.transcript):
        lines = sorted({_shape(line, vocabulary) for line in output.splitlines() if line.strip()})
        found.add(f"`{_shape(command, vocabulary)}` ends with {code}: {' / '.join(lines)}")
    return found


def _shape(text: str, vocabulary: Vocabulary) -> str:
    """`<address>` for each address, and so on."""
    text = NAMESPACE.sub("<namespace>", text)
    for value in reversed(vocabulary.values(text)):
        text = f"{text[: value.start]}<{value.kind.name}>{text[value.end :]}"
    return text
