"""How much a Pod may keep in an emptyDir: one that keeps more is evicted.

Source: localStorageEviction in k8s.io/kubernetes/pkg/kubelet/eviction/eviction_manager.go
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from pocketkube.quantity import parse
from pocketkube.store import Object

PERIOD = 2.0  # seconds between two looks; the kubelet, which asks a whole machine, takes 10
BLOCK = 512  # bytes, of st_blocks


def excess(pod: Object, paths: Mapping[str, Path]) -> str:
    """What is said of the first emptyDir that holds more than its sizeLimit; "" when none does. `paths`: by volume."""
    for volume in pod["spec"].get("volumes") or ():
        name, limit = volume["name"], (volume.get("emptyDir") or {}).get("sizeLimit")
        if limit and name in paths and _held(paths[name]) > int(parse(limit)):
            return f'Usage of EmptyDir volume "{name}" exceeds the limit "{limit}". '
    return ""


def _held(directory: Path) -> int:
    held = 0
    for parent, _, files in os.walk(directory):
        for file in files:
            with contextlib.suppress(OSError):  # gone meanwhile
                held += os.lstat(f"{parent}/{file}").st_blocks * BLOCK
    return held
