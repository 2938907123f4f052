"""A part of a class, for one of several machines."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")
INDEX = "JOB_COMPLETION_INDEX"  # https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode


@dataclass(frozen=True, slots=True)
class Shard:
    """Number `index`, counted from 1, of `count`."""

    index: int
    count: int

    def of(self, items: Sequence[Item]) -> list[Item]:
        """Every `count`-th: the shards of the same items are disjoint and together all of them."""
        return list(items[self.index - 1 :: self.count])


def parse(text: str) -> Shard:
    """`2/4`, or `/4` in a Pod of an Indexed Job, whose index Kubernetes gives. ValueError with what is wrong."""
    found = re.fullmatch(r"(\d*)/(\d+)", text)
    if not found:
        raise ValueError(f"{text!r} is no shard. Write 2/4 for the second of four.")
    count = int(found[2])
    if found[1]:
        index = int(found[1])
    elif INDEX in os.environ:
        index = int(os.environ[INDEX]) + 1
    else:
        raise ValueError(f"{text!r} names no index, and {INDEX} is not set. Write 2/4 for the second of four.")
    if not 1 <= index <= count:
        raise ValueError(f"there is no shard {index} of {count}: they are counted from 1 to {count}.")
    return Shard(index, count)
