"""hostPath volumes: https://kubernetes.io/docs/concepts/storage/volumes/#hostpath

The file system of a node is a directory of the sandbox, empty at first; nothing of the real machine is in it.
"""

from __future__ import annotations

import os
from pathlib import Path

from pocketkube.node.configuration import ConfigError
from pocketkube.sandbox import RUN
from pocketkube.store import Object

NODES = RUN / "pocketkube" / "nodes"


def host_path(node: str, source: Object) -> Path:
    """The file or directory that a HostPathVolumeSource names, made where its type allows; ConfigError for another."""
    path = path_on_node(node, source["path"])
    kind = source.get("type", "")
    if kind in ("", "DirectoryOrCreate") and not path.exists():
        path.mkdir(parents=True)
    elif kind == "FileOrCreate" and not path.exists():
        if not path.parent.is_dir():
            raise ConfigError(f"open {source['path']}: no such file or directory")
        path.touch()
    wrong = {
        "Directory": (path.is_dir, "a directory"),
        "DirectoryOrCreate": (path.is_dir, "a directory"),
        "File": (path.is_file, "a file"),
        "FileOrCreate": (path.is_file, "a file"),
        "Socket": (path.is_socket, "a socket file"),
        "CharDevice": (path.is_char_device, "a character device"),
        "BlockDevice": (path.is_block_device, "a block device"),
    }
    if kind in wrong and not wrong[kind][0]():
        raise ConfigError(f"hostPath type check failed: {source['path']} is not {wrong[kind][1]}")
    return path


def path_on_node(node: str, path: str) -> Path:
    """Where that path of the node is; ConfigError for one that leads out of it."""
    root = (NODES / node).resolve()
    # Links are followed before anything is looked at: one that a container has made must not lead out of the node.
    found = Path(os.path.normpath(root / path.lstrip("/"))).resolve()
    if not found.is_relative_to(root):
        raise ConfigError(f"hostPath type check failed: {path} leaves the node")
    return found
