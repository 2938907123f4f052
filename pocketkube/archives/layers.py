"""Layers laid one over the other into one directory, in which the last word on each path counts.

Nothing is ever written outside that directory: paths are resolved inside it, step by step, as the container would.
Set-user-id bits are not kept, and owners only where root unpacks: else the files are the user's own.
Source: https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tarfile
from pathlib import Path
from typing import IO, cast

from pocketkube.archives.archive import DAMAGED, LARGEST, ArchiveError, decompressed, remove

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
MOST_FILES = 1_000_000
IDS = 65536  # users and groups that a cluster of root's has
LARGEST_TEXT = 1 << 20  # characters
LINKS_FOLLOWED = 40
PERMISSIONS = 0o1777

Path_ = tuple[str, ...]  # the parts of a path below the root


class Unpacked:
    """The root file system of one image, in `root`, while its layers are put into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.left_out = 0  # device files: a container's are its runtime's
        self._bytes = 0
        self._files = 0
        self._modes: dict[Path, int] = {}
        self._keeps_owners = os.geteuid() == 0

    def read(self, name: str) -> str:
        """A small text file of the image, such as etc/passwd; "" when there is none there itself."""
        path = self.root / name
        if not path.is_file() or path.resolve() != self.root.resolve() / name:  # a link may lead anywhere
            return ""
        with path.open(errors="replace") as file:
            return file.read(LARGEST_TEXT)

    def add(self, file: IO[bytes], diff_id: str, what: str) -> None:
        """Lay a layer over those that are there. `what`: how an error names it."""
        content = _Hashed(decompressed(file))
        made: set[Path_] = set()
        try:
            with tarfile.open(fileobj=cast("IO[bytes]", content), mode="r|") as tar:
                for entry in tar:
                    self._add_entry(tar, entry, made)
            content.drain()
        except DAMAGED as error:
            raise ArchiveError(f"{what} is damaged: {error}") from error
        except OSError as error:
            raise ArchiveError(f"{what} cannot be unpacked: {error}") from error
        if f"sha256:{content.digest.hexdigest()}" != diff_id:
            raise ArchiveError(f"{what} does not have the digest that the image's configuration names")

    def finish(self) -> None:
        """Give directories their permissions, which until now might have been in the way."""
        for path, mode in sorted(self._modes.items(), reverse=True):
            if path.is_dir() and not path.is_symlink():
                path.chmod(mode)

    def _add_entry(self, tar: tarfile.TarFile, entry: tarfile.TarInfo, made: set[Path_]) -> None:
        parts = _parts(entry.name)
        if not parts:
            return
        self._files += 1
        self._bytes += entry.size if entry.isreg() else 0
        if self._files > MOST_FILES or self._bytes > LARGEST:
            raise ArchiveError(f"the image has more than {MOST_FILES} files, or more than {LARGEST >> 30} GiB")
        *above, name = parts
        parent = self._resolve(tuple(above))
        where = tuple(parent.relative_to(self.root).parts)
        if name.startswith(WHITEOUT):
            self._white_out(parent, where, name, made)
            return
        made |= {(*where, name)[:length] for length in range(1, len(where) + 2)}
        self._write(tar, entry, parent / name)

    def _white_out(self, parent: Path, where: Path_, name: str, made: set[Path_]) -> None:
        """Take away what lower layers have; what this one has made stays."""
        if name == OPAQUE:
            self._purge(parent, where, made)
        elif not name.startswith(".wh..wh."):  # those are notes that AUFS made for itself
            hidden = name.removeprefix(WHITEOUT)
            if hidden in ("", ".", ".."):
                raise ArchiveError(f"the whiteout {name!r} names no file")
            self._take_away(parent / hidden, (*where, hidden), made)

    def _purge(self, directory: Path, where: Path_, made: set[Path_]) -> None:
        for child in list(directory.iterdir()):
            self._take_away(child, (*where, child.name), made)

    def _take_away(self, path: Path, where: Path_, made: set[Path_]) -> None:
        if where not in made:
            _remove(path)
        elif path.is_dir() and not path.is_symlink():
            self._purge(path, where, made)

    def _write(self, tar: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> None:
        if entry.isdir():
            if path.is_symlink() or not path.is_dir():
                _remove(path)
                path.mkdir()
            self._modes[path] = entry.mode & PERMISSIONS
            self._give(path, entry)
            return
        if not (entry.isreg() or entry.issym() or entry.islnk() or entry.isfifo()):
            self.left_out += 1
            return
        target = self._link_target(entry) if entry.islnk() else None
        if target == path:
            return
        _remove(path)
        if target:
            os.link(target, path, follow_symlinks=False)
            return
        if entry.issym():
            path.symlink_to(entry.linkname)
        elif entry.isfifo():
            os.mkfifo(path, entry.mode & 0o777)
        else:
            content = tar.extractfile(entry)
            assert content
            with path.open("xb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
            path.chmod(entry.mode & PERMISSIONS)
            with contextlib.suppress(OverflowError, OSError):
                os.utime(path, (entry.mtime, entry.mtime))
        self._give(path, entry)

    def _give(self, path: Path, entry: tarfile.TarInfo) -> None:
        if self._keeps_owners and max(entry.uid, entry.gid) < IDS:
            os.chown(path, entry.uid, entry.gid, follow_symlinks=False)

    def _link_target(self, entry: tarfile.TarInfo) -> Path:
        parts = _parts(entry.linkname)
        if not parts:
            raise ArchiveError(f"{entry.name!r} is a hard link to nothing")
        target = self._resolve(parts[:-1]) / parts[-1]
        if not target.is_symlink() and not target.is_file():
            raise ArchiveError(f"{entry.name!r} is a hard link to {entry.linkname!r}, which the image does not have")
        return target

    def _resolve(self, parts: Path_) -> Path:
        """The directory of that path, with symbolic links as the container sees them; made if it is missing."""
        path = self.root
        left = list(reversed(parts))
        followed = 0
        while left:
            part = left.pop()
            if part == "..":
                path = path.parent if path != self.root else path
                continue
            following = path / part
            if following.is_symlink():
                followed += 1
                if followed > LINKS_FOLLOWED:
                    raise ArchiveError(f"{'/'.join(parts)!r} leads in circles")
                link = str(following.readlink())
                path = self.root if link.startswith("/") else path
                left += [each for each in reversed(link.split("/")) if each not in ("", ".")]
                continue
            if not following.is_dir():
                _remove(following)
                following.mkdir()
            path = following
        return path


class _Hashed:
    """A stream that reckons the digest of what is read from it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.digest = hashlib.sha256()
        self._file = file
        self._read = 0

    def read(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self._read += len(chunk)
        if self._read > LARGEST:
            raise ArchiveError(f"a layer holds more than {LARGEST >> 30} GiB")
        self.digest.update(chunk)
        return chunk

    def drain(self) -> None:
        while self.read(1 << 20):
            pass


def _parts(name: str) -> Path_:
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise ArchiveError(f"{name!r} leads out of the image")
    return parts


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        remove(path)
    else:
        path.unlink(missing_ok=True)
