"""Which user and group ids there are in the sandbox: user_namespaces(7)."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def _ranges(kind: str) -> tuple[range, ...]:
    rows = [line.split() for line in Path(f"/proc/self/{kind}_map").read_text().splitlines()]
    return tuple(range(int(first), int(first) + int(count)) for first, _, count in rows)


def has_user(uid: int) -> bool:
    return any(uid in each for each in _ranges("uid"))


def has_group(gid: int) -> bool:
    return any(gid in each for each in _ranges("gid"))


def has_others() -> bool:
    """Whether there is anyone besides root: else programs that switch to another user stay who they are."""
    return has_user(1) and has_group(1)
