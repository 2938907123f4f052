"""Who handed in the same: to be noted, without a verdict."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from graders.result import Result

NOTHING = {"", hashlib.sha256().hexdigest()}  # digests of submissions without a file


def groups(results: Iterable[Result]) -> list[list[str]]:
    """Ids of students whose files have the same contents, two or more each, sorted."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for result in results:
        if result.key.contents not in NOTHING:
            found[result.key.contents].append(result.student.id)
    return sorted(sorted(students) for students in found.values() if len(students) > 1)


def others(results: Iterable[Result]) -> dict[str, list[str]]:
    """{id: the others of its group}, for those who are in one."""
    return {one: [other for other in group if other != one] for group in groups(results) for one in group}
