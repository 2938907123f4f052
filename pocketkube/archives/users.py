"""As whom an image's processes run: `name`, `name:group`, numbers, or nothing for root.

Source: https://github.com/opencontainers/image-spec/blob/main/config.md#properties (User)
"""

from __future__ import annotations

from dataclasses import dataclass

from pocketkube.archives.archive import ArchiveError


@dataclass(frozen=True, slots=True)
class User:
    uid: int
    gid: int
    groups: tuple[int, ...]  # further ones


def resolve(user: str, passwd: str, group: str) -> User:
    """Look a user up in the image's own /etc/passwd and /etc/group; ArchiveError when it is not there."""
    if not user:
        user = "0"
    name, _, of_group = user.partition(":")
    entry = next((row for row in _rows(passwd, 4) if name in (row[0], row[2])), None)
    if entry is None and not name.isdigit():
        raise ArchiveError(f"the image's user {name!r} is not in its /etc/passwd")
    uid, gid = (int(entry[2]), int(entry[3])) if entry else (int(name), 0)
    if of_group:
        found = next((row for row in _rows(group, 3) if of_group in (row[0], row[2])), None)
        if found is None and not of_group.isdigit():
            raise ArchiveError(f"the image's group {of_group!r} is not in its /etc/group")
        return User(uid, int(found[2]) if found else int(of_group), ())
    if entry is None:
        return User(uid, gid, ())
    members = [row for row in _rows(group, 3) if len(row) > 3 and entry[0] in row[3].split(",")]
    return User(uid, gid, tuple(sorted({int(row[2]) for row in members} - {gid})))


def _rows(text: str, numbers_up_to: int) -> list[list[str]]:
    """Lines with a number where one belongs: passwd(5), group(5)."""
    rows = [line.split(":") for line in text.splitlines()]
    return [row for row in rows if len(row) >= numbers_up_to and all(each.isdigit() for each in row[2:numbers_up_to])]
