"""The mistakes that students make: each document of mistakes-api.yaml, applied, and what a real cluster said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Mistake:
    """`answer`: standard output and error together."""

    id: str
    manifest: str
    answer: str
    status: int


def read() -> list[Mistake]:
    documents = (HERE / "manifests" / "mistakes-api.yaml").read_text().split("\n---\n")
    manifests = {match[1]: text for text in documents if (match := re.search(r"^# id: (\S+)$", text, re.MULTILINE))}
    blocks = re.split(r"^## ", (HERE / "apply-mistakes.txt").read_text(), flags=re.MULTILINE)[1:]
    return [_mistake(block, manifests) for block in blocks]


def _mistake(block: str, manifests: dict[str, str]) -> Mistake:
    name, _, rest = block.partition("\n")
    answer, _, status = rest.rstrip().rpartition("exit ")
    return Mistake(name, manifests[name], answer, int(status))
