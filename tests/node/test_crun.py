"""crun's program where no container can write to it."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pocketkube.node import crun


@pytest.fixture(autouse=True)
def made_anew() -> Iterator[None]:
    crun.sealed.cache_clear()
    yield
    crun.sealed.cache_clear()


def refusing(number: int, *, unless_flags: int = 0) -> Any:
    """memfd_create as on another kernel: with other flags than those it fails."""
    create = os.memfd_create

    def memfd_create(name: str, flags: int) -> int:
        if flags != unless_flags:
            raise OSError(number, os.strerror(number))
        return create(name, flags)

    return memfd_create


def test_it_runs_and_cannot_be_written_to() -> None:
    path = crun.sealed()
    descriptor = int(Path(path).name)
    assert Path(path).read_bytes() == Path(crun.PROGRAM).read_bytes()
    with pytest.raises(PermissionError):
        os.pwrite(descriptor, b"x", 0)
    with pytest.raises(PermissionError):
        os.ftruncate(descriptor, 0)
    shown = subprocess.run([path, "--version"], pass_fds=[descriptor], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("crun version")


def test_before_linux_6_3(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    monkeypatch.setattr(os, "memfd_create", refusing(errno.EINVAL, unless_flags=flags))
    assert Path(crun.sealed()).read_bytes() == Path(crun.PROGRAM).read_bytes()


def test_where_no_memory_file_may_be_executed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "memfd_create", refusing(errno.EACCES))
    assert crun.sealed() == crun.PROGRAM
