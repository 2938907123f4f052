"""Transcripts of kubectl: reading them, and saying where another cluster's answer differs.

A step is `$ COMMAND`, its standard output, `--- stderr` and what went there, `--- exit N` unless 0. `--- includes`
right below the command: the recorded lines are among those printed, in any order; used where what is printed depends
on how fast a cluster is, or on what else is on it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LETTERS = "[bcdfghjklmnpqrstvwxz2456789]"  # of generated names
# What varies from cluster to cluster and from run to run, and the placeholder that stands for it. In this order.
VARYING: Sequence[tuple[str, str]] = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uid>"),
    (r"\b[a-z]+://[0-9a-f]{64}\b", "<container>"),
    (r"sha256:[0-9a-f]{64}", "<digest>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "<time>"),
    (r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (\+0000|GMT)", "<date>"),
    (r"\b[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}", "<date>"),
    (r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", "<date>"),
    (r"https://127\.0\.0\.1:\d+", "<server>"),
    (r"\b10\.244\.\d+\.\d+\b", "<pod-ip>"),
    (r"\b10-244-\d+-\d+\b", "<pod-ip-dashed>"),
    (r"\b10\.96\.(?!0\.1\b|0\.10\b)\d+\.\d+\b", "<cluster-ip>"),
    (r"\b172\.\d+\.\d+\.\d+\b", "<node-ip>"),
    (rf"\bnginx-{LETTERS}{{6,10}}-{LETTERS}{{5}}\b", "nginx-<hash>-<suffix>"),
    (rf"\bnginx-{LETTERS}{{6,10}}\b", "nginx-<hash>"),
    (r"pod-template-hash=\w+", "pod-template-hash=<hash>"),
    (rf"\b(kube-api-access|demo-headless-svc|demo-nodeport-svc)-{LETTERS}{{5}}\b", r"\1-<suffix>"),
    (r'(resourceVersion:) "\d+"', r"\1 <number>"),
    (r"(\s generation:) \d+", r"\1 <number>"),
    (r"(?:(?<= )(?<!for )|^)(\d+[ydhms]){1,2}(?=\s|$)", "<age>"),
    (r"\bfrom <pod-ip> port \d+", "from <pod-ip> port <port>"),
    (r"after \d+ ms", "after <number> ms"),
    (r"\bid: \d+", "id: <number>"),
    (r"COOKIE: [0-9a-f]+", "COOKIE: <cookie>"),
    (r"(hostmaster\.cluster\.local\.) \d+", r"\1 <serial>"),
    (r"\b(Content-Length: |200 )\d\d\b", r"\1<number>"),  # of a page that names a Node and a Pod
    (r'ETag: "[^"]*"', "ETag: <tag>"),
    (r"User-Agent: curl/\S+", "User-Agent: <agent>"),
    (r'"(curl|kube-probe)/[\d.]+" "-"$', '"<agent>" "-"'),
    (r"Server: nginx/\S+", "Server: <server>"),
    (r"#success=(\d+) #failure=", r"successThreshold=\1 failureThreshold="),  # kubectl 1.36, and as 1.37 writes it
    (r"\b(ErrImagePull|ImagePullBackOff)\b", "<image-error>"),  # they alternate
]


@dataclass(frozen=True, slots=True)
class Answer:
    stdout: str
    stderr: str
    status: int


@dataclass(frozen=True, slots=True)
class Step:
    """`includes`: the recorded lines are among those printed, in any order."""

    command: str
    answer: Answer
    includes: bool = False


def read(path: Path) -> list[Step]:
    return [_step(block) for block in re.split(r"^\$ ", path.read_text(), flags=re.MULTILINE)[1:]]


def _step(block: str) -> Step:
    command, _, rest = block.partition("\n")
    includes = rest.startswith("--- includes\n")
    rest = rest.removeprefix("--- includes\n")
    status = 0
    if match := re.search(r"^--- exit (\d+)\n", rest, flags=re.MULTILINE):
        status, rest = int(match[1]), rest[: match.start()]
    stdout, _, stderr = rest.partition("--- stderr\n")
    return Step(command, Answer(stdout, stderr, status), includes)


def differences(step: Step, seen: Answer, nodes: Sequence[str]) -> list[str]:
    """Lines of a diff between what was recorded and what was seen; none when they are the same. `nodes`: names of
    the Nodes of both clusters."""
    found = []
    if seen.status != step.answer.status:
        found.append(f"exit {seen.status}, recorded {step.answer.status}")
    for name, recorded, printed in (
        ("stdout", step.answer.stdout, seen.stdout),
        ("stderr", step.answer.stderr, seen.stderr),
    ):
        wanted, got = normalised(recorded, nodes), normalised(printed, nodes)
        if step.includes:
            found += [f"{name} lacks: {line}" for line in wanted if line not in got]
        else:
            found += difflib.unified_diff(wanted, got, f"recorded {name}", name, lineterm="", n=0)
    return found


def normalised(text: str, nodes: Sequence[str]) -> list[str]:
    """Its lines with placeholders for what varies, and two spaces for every gap: columns are as wide as their cells."""
    for name in sorted(nodes, key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "<node>", text)
    for pattern, placeholder in VARYING:
        text = re.sub(pattern, placeholder, text, flags=re.MULTILINE)
    lines = [re.sub(r"(?<=\S)\s{2,}(?=\S)", "  ", line.rstrip()) for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return lines
