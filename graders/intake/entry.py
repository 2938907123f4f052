"""What the readers of directories, zips and tars have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"  # symbolic or hard
    OTHER = "other"  # devices, pipes, sockets, sparse files


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a directory or an archive. `size`: bytes, as it is claimed there; nothing relies on it.

    `read(limit)`: at most so many bytes of its content, once, and before the next entry is asked for; Unreadable.
    """

    name: str
    kind: Kind
    size: int
    read: Callable[[int], bytes]


class Unreadable(Exception):
    """What is wrong with an entry or an archive and what to do, without the place, which the caller knows."""


def nothing(_limit: int) -> bytes:
    """The content of what is no file."""
    return b""
