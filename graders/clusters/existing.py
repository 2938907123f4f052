"""A cluster that the user names: any context of any kubeconfig, never a guessed one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from graders.clusters import NoCluster, RunningCluster


def connect(kubeconfig: str | None, context: str | None, *, dns_may_change: bool = False) -> RunningCluster:
    """NoCluster unless both are given and the kubeconfig has that context."""
    if not kubeconfig or not context:
        raise NoCluster("--cluster existing wants --kubeconfig FILE and --context NAME: a context is never guessed.")
    path = Path(kubeconfig)
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        contexts = {str(each["name"]): each for each in config["contexts"]}
    except OSError as error:
        raise _unusable(path, str(error.strerror)) from error
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise _unusable(path, f"{line}{error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:  # of characters that are none
        raise _unusable(path, "it is no text") from error
    except (KeyError, TypeError) as error:
        raise _unusable(path, "it has no list of contexts") from error
    if context not in contexts:
        raise NoCluster(f"{path} has no context {context!r}. It has: {', '.join(contexts)}.")
    if not _leads_to_a_cluster(config, contexts[context]):
        raise _unusable(path, f"its context {context!r} leads to no cluster")
    why = f"context {context} of {path}, as named"
    return RunningCluster("existing", why, path, context, ours=False, dns_may_change=dns_may_change)


def _leads_to_a_cluster(config: Any, context: Any) -> bool:
    try:
        name = context["context"]["cluster"]
        return any(each["name"] == name and each["cluster"]["server"] for each in config["clusters"])
    except (KeyError, TypeError):
        return False


def _unusable(path: Path, why: str) -> NoCluster:
    return NoCluster(f"{path} is no kubeconfig that can be read: {why}. Name another with --kubeconfig.")
