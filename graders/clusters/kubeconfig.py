"""A kubeconfig for one namespace, and the kubectl that goes with it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from graders.clusters import RunningCluster


def in_namespace(cluster: RunningCluster, namespace: str) -> dict[str, Any]:
    """The cluster's kubeconfig with nothing but the one context, and the namespace in it."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    context = next(each for each in config["contexts"] if each["name"] == cluster.context)
    named = {"clusters": context["context"]["cluster"], "users": context["context"].get("user")}
    kept = {part: [each for each in config.get(part, ()) if each["name"] == name] for part, name in named.items()}
    context = {**context, "context": {**context["context"], "namespace": namespace}}
    return {**config, **kept, "contexts": [context], "current-context": cluster.context}


def write(path: Path, config: dict[str, Any]) -> None:
    """For nobody else to read."""
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(config, sort_keys=False))


def kubectl() -> Path:
    """The pinned program beside this Python, else the one on the PATH."""
    own = Path(sys.executable).parent / "kubectl"
    return own if own.exists() else Path(shutil.which("kubectl") or own)
