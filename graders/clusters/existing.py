"""A cluster that the user names: any context of any kubeconfig, never a guessed one."""

from __future__ import annotations

from pathlib import Path

import yaml

from graders.clusters import NoCluster, RunningCluster


def connect(kubeconfig: str | None, context: str | None, *, dns_may_change: bool = False) -> RunningCluster:
    """NoCluster unless both are given and the kubeconfig has that context."""
    if not kubeconfig or not context:
        raise NoCluster("--cluster existing wants --kubeconfig FILE and --context NAME: a context is never guessed.")
    path = Path(kubeconfig)
    try:
        config = yaml.safe_load(path.read_text())
        names = [str(each["name"]) for each in config["contexts"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise NoCluster(
            f"{path} is no kubeconfig that can be read: {error}. Name another with --kubeconfig."
        ) from error
    if context not in names:
        raise NoCluster(f"{path} has no context {context!r}. It has: {', '.join(names)}.")
    why = f"context {context} of {path}, as named"
    return RunningCluster("existing", why, path, context, ours=False, dns_may_change=dns_may_change)
