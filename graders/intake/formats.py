"""Which kind of archive bytes are, by how they begin."""

from __future__ import annotations

from enum import StrEnum

HEAD = 512  # bytes that are needed to tell


class Format(StrEnum):
    """The value is the suffix that fits."""

    ZIP = ".zip"
    TAR = ".tar"
    GZIP = ".tar.gz"
    BZIP2 = ".tar.bz2"
    XZ = ".tar.xz"
    RAR = ".rar"
    SEVEN_ZIP = ".7z"


BEGINNINGS = {
    b"PK\x03\x04": Format.ZIP,
    b"PK\x05\x06": Format.ZIP,  # without entries
    b"PK\x07\x08": Format.ZIP,  # in several parts
    b"\x1f\x8b": Format.GZIP,
    b"BZh": Format.BZIP2,
    b"\xfd7zXZ\x00": Format.XZ,
    b"Rar!\x1a\x07": Format.RAR,
    b"7z\xbc\xaf\x27\x1c": Format.SEVEN_ZIP,
}


def recognise(head: bytes) -> Format | None:
    """None: it is no archive. `head`: the first HEAD bytes."""
    if is_tar(head):
        return Format.TAR
    return next((form for beginning, form in BEGINNINGS.items() if head.startswith(beginning)), None)


def is_tar(head: bytes) -> bool:
    """POSIX and GNU alike; a block of zeros is the end of a tar, and alone an empty one."""
    return head[257:262] == b"ustar" or head == bytes(HEAD)
