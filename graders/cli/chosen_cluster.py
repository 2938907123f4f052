"""A cluster for a command, chosen as pytest chooses one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from graders.clusters import RunningCluster
from graders.clusters.choose import choose
from graders.lab import ROOT


@contextmanager
def chosen_cluster(options: Sequence[str]) -> Iterator[RunningCluster]:
    """`options`: as words of pytest's command line. It is connected; NoCluster when it cannot be had."""
    words = ["--rootdir", str(ROOT.parent), "-p", "graders.plugin", *options, str(ROOT)]
    cluster = choose(pytest.Config.fromdictargs({}, words))
    try:
        cluster.connect()
        yield cluster
    finally:
        cluster.end()
