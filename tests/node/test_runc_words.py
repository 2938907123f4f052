"""What crun says, in the words of runc."""

from __future__ import annotations

import pytest

from pocketkube.node.runc_words import as_runc


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ("executable file `nosuch` not found in $PATH", 'exec: "nosuch": executable file not found in $PATH'),
        ("error: open executable: Permission denied", 'exec: "nosuch": permission denied'),
        (
            "chdir `/etc/passwd`: Not a directory",
            'chdir to cwd ("/etc/passwd") set in config.json failed: not a directory',
        ),
        (
            "mount `/v` to `etc/passwd`: Not a directory",
            'error mounting "/v" to rootfs at "/etc/passwd": not a directory',
        ),
        ("error: something else", "something else"),
    ],
)
def test_as_runc(said: str, known: str) -> None:
    assert as_runc(said, "nosuch") == known
