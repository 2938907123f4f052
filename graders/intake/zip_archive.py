"""The entries of a zip, read in memory and never extracted."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from graders.intake.entry import Entry, Kind, Unreadable
from graders.intake.limits import ENTRIES, RATIO, RATIO_FROM

DAMAGED = "the zip is damaged or ends too early. Pack it again, and open it once before you hand it in."
TOO_MANY = f"more than {ENTRIES:,} files and folders are in it. Hand in only what the task asks for."
ENCRYPTED = 0x1  # of the flags
UTF_8 = 0x800
LOCAL_HEADER = 30  # bytes before the name
# What zipfile raises for bytes that are no zip, besides its own.
ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


def entries(data: bytes) -> Iterator[Entry]:
    """In the order of its directory; Unreadable."""
    if data.count(b"PK\x01\x02") > ENTRIES:  # before zipfile makes an object of each
        raise Unreadable(TOO_MANY)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except ERRORS as error:
        raise Unreadable(DAMAGED) from error
    with archive:
        by_place = sorted(archive.infolist(), key=lambda info: info.header_offset)
        for before, after in pairwise(by_place):
            if before.header_offset + LOCAL_HEADER + before.compress_size > after.header_offset:
                raise Unreadable("two files of this zip share the same bytes. Pack it again with an ordinary program.")
        for info in archive.infolist():
            yield Entry(_name(info), _kind(info), info.file_size, partial(_read, archive, info))


def _name(info: zipfile.ZipInfo) -> str:
    name = info.filename
    if not info.flag_bits & UTF_8:
        try:  # macOS writes UTF-8 without saying so
            name = name.encode("cp437").decode()
        except UnicodeError:
            name = info.filename
    return name.replace("\\", "/")  # as .NET before 4.6.1 wrote them


def _kind(info: zipfile.ZipInfo) -> Kind:
    if _name(info).endswith("/"):
        return Kind.DIRECTORY
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return Kind.LINK
    return Kind.FILE if stat.S_IFMT(mode) in (0, stat.S_IFREG) else Kind.OTHER


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    if info.flag_bits & ENCRYPTED:
        raise Unreadable("it is encrypted. Pack it again without a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unreadable(f"it is packed by a method that is not read ({info.compress_type}). Pack it as a plain zip.")
    try:
        with archive.open(info) as file:
            content = file.read(limit)
    except ERRORS as error:
        raise Unreadable(DAMAGED) from error
    if len(content) > max(RATIO_FROM, RATIO * info.compress_size):
        raise Unreadable(f"it unpacks to more than {RATIO} times its size. Hand in the manifests alone.")
    return content
