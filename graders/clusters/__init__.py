"""Bring up a cluster: all that the rest ever sees of it is a kubeconfig and a context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class NoCluster(Exception):
    """The cluster that was asked for cannot be had: one sentence with the remedy."""


@dataclass(slots=True)
class RunningCluster:
    """`ours`: it ends with the session, so nothing in it needs to be cleared up. `wait` returns when it is ready.

    `dns_may_change`: a lab may put an entry into its CoreDNS while it runs.
    """

    name: str
    why: str
    kubeconfig: Path
    context: str
    ours: bool
    dns_may_change: bool = True
    wait: Callable[[], object] = field(default=lambda: None)
    stop: Callable[[], object] = field(default=lambda: None)
    log: Callable[[], str] = field(default=lambda: "")
