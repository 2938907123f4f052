"""One grading at a time in a gradebook."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graders.verdict import GraderError


@contextmanager
def locked(directory: Path) -> Iterator[int]:
    """Hold the gradebook, with every process that inherits the descriptor; GraderError while another one does."""
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
    except BlockingIOError as error:
        what = f"another grading works in {directory}, or is still ending there. Wait for it, or name another --out."
        raise GraderError(what) from error
    finally:
        os.close(descriptor)
