"""Storage that outlives Pods: a directory for each claim, on every node the same, until its namespace goes.

Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pocketkube.node.configuration import ConfigError
from pocketkube.resources import NAMESPACES
from pocketkube.sandbox import RUN
from pocketkube.store import Object, Store

STORAGE = RUN / "pocketkube" / "claims"


def claimed(store: Store, pod: Object, claim: str, group: int | None) -> Path:
    """The claim's directory, made when it is first used. `group`: owns it (fsGroup). ConfigError: nobody claims it."""
    name = pod["metadata"]["namespace"]
    namespace = store.find(NAMESPACES, "", name)
    if namespace is None:  # it has just gone, and its Pods are about to
        raise ConfigError(f'namespace "{name}" not found')
    uid: str = namespace["metadata"]["uid"]
    path = STORAGE / uid / claim  # a namespace of the same name later has other claims
    if not path.exists():
        path.mkdir(parents=True)
        path.chmod(0o777)
    if group is not None:
        give_to_group(path, group)
    return path


def forget(namespace: Object) -> None:
    """What was claimed in a namespace that is gone."""
    shutil.rmtree(STORAGE / namespace["metadata"]["uid"], ignore_errors=True)


def give_to_group(path: Path, group: int) -> None:
    """https://kubernetes.io/docs/tasks/configure-pod-container/security-context/: setgid, and the group may write."""
    os.chown(path, -1, group)
    path.chmod(0o2777)
