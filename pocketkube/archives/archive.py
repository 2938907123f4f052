"""Reading members of an archive by name: a tar, which may be compressed, or a directory."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import shutil
import sys
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any, cast

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LARGEST = 16 << 30  # bytes of one image, unpacked
LARGEST_JSON = 8 << 20  # bytes
COMPRESSIONS: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
    b"\x28\xb5\x2f\xfd": zstd.open,
}
DAMAGED = (tarfile.TarError, EOFError, ValueError, zlib.error, lzma.LZMAError, zstd.ZstdError)


class ArchiveError(Exception):
    """What is wrong with an archive, as one sentence."""


class Archive:
    """Use it as a context manager. Everything raises ArchiveError for what cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._members: dict[str, tarfile.TarInfo] = {}
        self._file: IO[bytes] | None = None
        self._tar: tarfile.TarFile | None = None

    def __enter__(self) -> Archive:
        if self.path.is_dir():
            return self
        try:
            self._file = _seekable(self.path)
            self._tar = tarfile.open(fileobj=self._file, mode="r:")
            self._members = {_plain(member.name): member for member in self._tar}
        except OSError as error:
            raise ArchiveError(f"{self.path}: {error.strerror or error}") from error
        except DAMAGED as error:
            raise ArchiveError(f"{self.path} is no tar archive: {error}") from error
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._tar:
            self._tar.close()
        if self._file:
            self._file.close()

    def has(self, name: str) -> bool:
        return _plain(name) in self._members if self._tar else (self.path / _plain(name)).is_file()

    def open(self, name: str) -> IO[bytes]:
        """A member's content. The name comes from the archive itself, so it may be anything."""
        plain = _plain(name)
        if ".." in PurePosixPath(plain).parts or not self.has(plain):
            raise ArchiveError(f"{self.path}: it has no {name!r}")
        if self._tar is None:
            return (self.path / plain).open("rb")
        try:
            found = self._tar.extractfile(self._members[plain])
        except (KeyError, tarfile.TarError) as error:
            raise ArchiveError(f"{self.path}: {name!r} cannot be read: {error}") from error
        if found is None:
            raise ArchiveError(f"{self.path}: {name!r} is no file")
        return found

    def json(self, name: str, digest: str = "") -> Any:
        """A member that is JSON; with `digest` (sha256 in hexadecimal digits) one that must have it."""
        with self.open(name) as file:
            content = file.read(LARGEST_JSON + 1)
        if len(content) > LARGEST_JSON:
            raise ArchiveError(f"{self.path}: {name!r} is larger than {LARGEST_JSON >> 20} MiB")
        if digest and hashlib.sha256(content).hexdigest() != digest:
            raise ArchiveError(f"{self.path}: {name!r} does not have the digest that it is named by")
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise ArchiveError(f"{self.path}: {name!r} is no JSON: {error}") from error


def decompressed(file: IO[bytes]) -> IO[bytes]:
    """The content of a file that may be compressed."""
    start = file.read(8)
    file.seek(0)
    for magic, opened in COMPRESSIONS.items():
        if start.startswith(magic):
            return cast("IO[bytes]", opened(file, "rb"))
    return file


def _seekable(path: Path) -> IO[bytes]:
    """The file itself, or its content in a temporary one: members of a compressed tar cannot be reached directly."""
    file = path.open("rb")
    content = decompressed(file)
    if content is file:
        return file
    temporary = tempfile.TemporaryFile()  # noqa: SIM115 - the archive's, which is closed with it
    with file:
        while chunk := content.read(1 << 20):
            temporary.write(chunk)
            if temporary.tell() > LARGEST:
                raise ArchiveError(f"{path} holds more than {LARGEST >> 30} GiB")
    temporary.seek(0)
    return temporary


def _plain(name: str) -> str:
    return str(PurePosixPath(name.lstrip("/")))


def remove(path: Path) -> None:
    """Take a directory away, also one whose own files forbid it."""

    def allow(function: Callable[[str], object], name: str, _error: object) -> None:
        Path(name).parent.chmod(0o700)
        if not Path(name).is_symlink():
            Path(name).chmod(0o700)
        function(name)

    shutil.rmtree(path, onerror=allow)
