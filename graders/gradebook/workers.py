"""How many submissions are graded side by side: what the machine carries, since overload makes false failures."""

from __future__ import annotations

import os

from graders.lab import Lab

MEMORY = 600 << 20  # bytes a worker may need with its cluster, measured at the largest lab and doubled
EACH_CORE = 2  # more than this of them only wait for each other


def allowed(lab: Lab, asked: int, *, shared: bool) -> tuple[int, str]:
    """(how many workers, why not as many as `asked`). 0 asks for one a core. `shared`: they all use one cluster."""
    cores = len(os.sched_getaffinity(0))
    by_memory = max(1, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") // MEMORY)
    most, why = min(
        (
            1 if lab.upstream and shared else cores * EACH_CORE,
            f"the lab {lab.name} changes the cluster's DNS for everyone",
        ),
        (cores * EACH_CORE, f"there are {cores} cores"),
        (by_memory, f"free memory is enough for {by_memory}"),
    )
    wanted = asked or cores
    return (wanted, "") if wanted <= most else (most, f"{most} side by side, not {wanted}: {why}.")
