"""The cluster that a command of the student's loop keeps warm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pocketkube import cluster as pocket


@contextmanager
def warm_cluster() -> Iterator[pocket.Cluster]:
    """The pocketkube that is up, else one that ends with the command."""
    found = pocket.running()
    if found:
        yield found
        return
    with pocket.start() as made:
        yield made
