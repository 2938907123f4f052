"""What crun says when it cannot start something, in the words of runc, which is what users know.

Source: https://github.com/opencontainers/runc, libcontainer/standard_init_linux.go
"""

from __future__ import annotations

import re

NOT_FOUND = re.compile(r"(?:error: )?executable file `(?P<program>.*)` not found(?: in \$PATH)?.*", re.DOTALL)
REFUSED = re.compile(r"(?:error: )?open executable(?: `(?P<program>.*)`)?: (?P<why>.+)", re.DOTALL)

CHDIR = re.compile(r"(?:error: )?chdir(?: to)? `(?P<path>.*)`: (?P<why>.+)", re.DOTALL)
MOUNT = re.compile(r"(?:error: )?mount `(?P<source>.*)` to `(?P<target>.*)`: (?P<why>.+)", re.DOTALL)


def as_runc(message: str, program: str) -> str:
    """`program`: the first word of the command."""
    match = NOT_FOUND.fullmatch(message)
    if match and "/" in program:
        return f'exec: "{program}": stat {program}: no such file or directory'
    if match:
        return f'exec: "{program}": executable file not found in $PATH'
    match = REFUSED.fullmatch(message)
    if match:
        return f'exec: "{program}": {match["why"].lower()}'
    match = CHDIR.fullmatch(message)
    if match:
        return f'chdir to cwd ("{match["path"]}") set in config.json failed: {match["why"].lower()}'
    match = MOUNT.fullmatch(message)
    if match:
        target = f"/{match['target'].lstrip('/')}"
        return f'error mounting "{match["source"]}" to rootfs at "{target}": {match["why"].lower()}'
    return message.removeprefix("error: ")
