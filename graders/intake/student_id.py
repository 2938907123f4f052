"""Ids of students: safe as names of files and in every report, the same for the same name, unique in a class."""

from __future__ import annotations

import hashlib
import os
import re

LONGEST = 100  # characters
KEPT = re.compile(rb"[A-Za-z0-9._-]")


def student_id(name: str) -> str:
    """Letters, digits, `.`, `_` and `-` stay; every other byte of the name becomes %XX, as in a URL.

    So do a dot or a dash at the beginning: the first hides a file, the second makes an option of it.
    """
    encoded = "".join(
        chr(byte) if KEPT.match(bytes([byte])) and (index or byte not in b".-") else f"%{byte:02X}"
        for index, byte in enumerate(os.fsencode(name))
    )
    if encoded and len(encoded) <= LONGEST:
        return encoded
    return f"{encoded[: LONGEST - 17]}-{_digest(name)}".lstrip("-")


def apart(student: str, name: str) -> str:
    """An id for one of several students who would have the same one. `name`: what tells them apart."""
    return f"{student[: LONGEST - 17]}-{_digest(student + name)}"


def shown(name: str) -> str:
    """The name of a file as text: bytes that are not UTF-8 become escapes."""
    return os.fsencode(name).decode(errors="backslashreplace")


def _digest(name: str) -> str:
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
