"""The entries of a tar, plain or compressed, in one pass through memory and never extracted."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import Protocol

from graders.intake.entry import Entry, Kind, Unreadable
from graders.intake.formats import HEAD, Format, is_tar
from graders.intake.limits import RATIO, RATIO_FROM, UNPACKED_BYTES

DAMAGED = "the tar is damaged or ends too early. Pack it again, and open it once before you hand it in."
XZ_MEMORY = 70 << 20  # bytes; `xz -9`, the most that anybody asks for, needs 65 MiB
EXTENDED = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
EXTENDED_BYTES = 4 << 10  # of one extended header; tarfile searches it in quadratic time (CVE-2024-6232)
EXTENDED_TOTAL = 2 << 20
ERRORS = (
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    IndexError,
    OSError,
    OverflowError,
    RecursionError,
    ValueError,
)


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def entries(data: bytes, form: Format) -> Iterator[Entry]:
    """In the order of the archive; Unreadable. Bytes are counted as they come, whatever its headers say."""
    stream = _Counted(_unpacked(data, form), len(data))
    try:
        stream.begin()
        if not is_tar(stream.head):
            raise Unreadable(f"no tar is in this {form.name.lower()} file. Hand in the manifest itself, or a zip.")
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as archive:  # type: ignore[call-overload]
            extended = 0
            for info in archive:
                extended += info.offset_data - info.offset - tarfile.BLOCKSIZE
                if extended > EXTENDED_TOTAL:
                    raise Unreadable("the headers of this tar are too long. Hand in a zip.")
                yield Entry(info.name, _kind(info), info.size, partial(_read, archive, info))
            stream.check_end(archive.offset)
    except ERRORS as error:
        raise Unreadable(DAMAGED) from error


class _Header(tarfile.TarInfo):
    """`_proc_member` is the method that tarfile lets a subclass override."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in EXTENDED and not 0 <= self.size <= EXTENDED_BYTES:
            raise Unreadable("a header of this tar is too long. Hand in a zip.")
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]


class _Counted:
    """A stream that ends in Unreadable when it goes beyond the limits."""

    def __init__(self, stream: _Stream, packed: int) -> None:
        self._stream = stream
        self._most = min(UNPACKED_BYTES, max(RATIO_FROM, RATIO * packed))
        self._total = 0
        self._used = 0  # up to the last byte that is not zero
        self._pending = b""
        self.head = b""

    def begin(self) -> None:
        self.head = self._pending = self.read(HEAD)

    def read(self, size: int) -> bytes:
        if self._pending:
            content, self._pending = self._pending[:size], self._pending[size:]
            return content
        content = self._stream.read(size)
        if content.strip(b"\0"):
            self._used = self._total + len(content.rstrip(b"\0"))
        self._total += len(content)
        if self._total > self._most:
            most = f"{UNPACKED_BYTES >> 20} MiB" if self._most == UNPACKED_BYTES else f"{RATIO} times its size"
            raise Unreadable(f"it unpacks to more than {most}. Hand in the manifests alone.")
        return content

    def check_end(self, offset: int) -> None:
        """`offset`: where the last entry ended. Only zeros may follow, and there must be some."""
        while self.read(io.DEFAULT_BUFFER_SIZE):
            pass
        if self._used > offset or self._total <= offset:
            raise Unreadable(DAMAGED)


def _unpacked(data: bytes, form: Format) -> _Stream:
    packed = io.BytesIO(data)
    match form:
        case Format.GZIP:
            return gzip.GzipFile(fileobj=packed)
        case Format.BZIP2:
            return bz2.BZ2File(packed)
        case Format.XZ:
            return _Xz(packed)
        case _:
            return packed


class _Xz:
    """As lzma.LZMAFile, but with a limit on memory: the header of an xz file names up to 4 GiB."""

    def __init__(self, packed: io.BytesIO) -> None:
        self._packed = packed
        self._decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def read(self, size: int, /) -> bytes:
        while not self._decompressor.eof:
            packed = self._packed.read(io.DEFAULT_BUFFER_SIZE) if self._decompressor.needs_input else b""
            if self._decompressor.needs_input and not packed:
                raise EOFError
            content = self._decompressor.decompress(packed, size)
            if content:
                return content
        return b""


def _kind(info: tarfile.TarInfo) -> Kind:
    if info.isdir():
        return Kind.DIRECTORY
    if info.issym() or info.islnk():
        return Kind.LINK
    return Kind.FILE if info.isreg() and not info.issparse() else Kind.OTHER


def _read(archive: tarfile.TarFile, info: tarfile.TarInfo, limit: int) -> bytes:
    file = archive.extractfile(info)
    if file is None:
        return b""
    try:
        return file.read(limit)
    except ERRORS as error:
        raise Unreadable(DAMAGED) from error
