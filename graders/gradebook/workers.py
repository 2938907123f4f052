"""How many submissions are graded side by side: what the machine carries, since overload makes false failures."""

from __future__ import annotations

import os

from graders.lab import Lab

# Bytes that a worker may need, alone and with a cluster of its own: measured at the largest lab, and doubled.
MEMORY = {True: 200 << 20, False: 600 << 20}
# Workers a core, by default and at most, on a shared cluster and each with its own: on a shared one they mostly wait.
EACH_CORE = {True: (4, 16), False: (2, 3)}


def allowed(lab: Lab, asked: int, *, shared: bool) -> tuple[int, str]:
    """(how many workers, why not as many as `asked`). 0 asks for the default. `shared`: they all use one cluster."""
    cores = len(os.sched_getaffinity(0))
    usual, most = (each * cores for each in EACH_CORE[shared])
    by_memory = max(1, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") // MEMORY[shared])
    limits = [(most, f"there are {cores} cores"), (by_memory, f"free memory is enough for {by_memory}")]
    if lab.upstream and shared:
        limits.append((1, f"the lab {lab.name} changes the cluster's DNS for everyone"))
    limit, why = min(limits)
    wanted = asked or usual
    return (wanted, "") if wanted <= limit else (limit, f"{limit} side by side, not {wanted}: {why}.")
