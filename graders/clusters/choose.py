"""Which cluster the command line asks for, and how the workers of a class come by theirs."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from graders.clusters import RunningCluster, existing, pocket


def choose(config: pytest.Config) -> RunningCluster:
    """Begin to bring it up; NoCluster with the remedy when it cannot be had."""
    wanted, why = resolved(str(config.getoption("--cluster")))
    if wanted == "existing":
        kubeconfig, context = config.getoption("--kubeconfig"), config.getoption("--context")
        return existing.connect(kubeconfig, context, dns_may_change=config.getoption("--change-dns"))
    if wanted == "kind":
        from graders.clusters import kind  # noqa: PLC0415 - wants pytest-kind's imports

        return kind.start(config, why)
    return pocket.start(why, own=bool(config.getoption("--gradebook")))


@dataclass(frozen=True, slots=True)
class ForClass:
    """`identity` of the cluster that a class is graded on. `shared`: the one of all workers, if they share one."""

    identity: str
    shared: RunningCluster | None = None


def prepare_for_class(config: pytest.Config) -> ForClass:
    """Bring up what all workers share and tell them where it is; an embedded cluster each of them starts itself."""
    wanted, _ = resolved(str(config.getoption("--cluster")))
    if wanted == "pocket":
        config.option.cluster = "pocket"
        return ForClass(pocket.identity())
    shared = choose(config)
    shared.connect()
    config.option.cluster, config.option.kubeconfig, config.option.context = (
        "existing",
        str(shared.kubeconfig),
        shared.context,
    )
    config.option.change_dns = shared.dns_may_change
    return ForClass(shared.identity, shared)


def for_pytest(cluster: str, kubeconfig: str, context: str, *, change_dns: bool) -> list[str]:
    """Which cluster, as words of pytest's command line."""
    options = ["--cluster", cluster]
    if kubeconfig:
        options += ["--kubeconfig", str(Path(kubeconfig).resolve())]
    if context:
        options += ["--context", context]
    return [*options, "--change-dns"] if change_dns else options


def for_workers(cluster: RunningCluster) -> list[str]:
    """The same for gradings on this cluster; on embedded ones of their own where it is embedded."""
    if cluster.embedded:
        return for_pytest("pocket", "", "", change_dns=False)
    return for_pytest("existing", str(cluster.kubeconfig), cluster.context, change_dns=cluster.dns_may_change)


def resolved(wanted: str) -> tuple[str, str]:
    """(kind, existing or pocket, why), of what --cluster says."""
    if wanted != "auto":
        return wanted, f"--cluster {wanted}"
    if shutil.which("kind"):
        from graders.clusters import kind  # noqa: PLC0415

        ready = kind.readiness()
        if ready:
            return "kind", ready
    return "pocket", "kind is not ready here"
