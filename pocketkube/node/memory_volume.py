"""An emptyDir of `medium: Memory`: a tmpfs that holds no more than the Pod may.

Source: calculateEmptyDirMemorySize in k8s.io/kubernetes/pkg/volume/emptydir/empty_dir.go
"""

from __future__ import annotations

from pathlib import Path

from pocketkube import namespaces
from pocketkube.admission.pods.pod_resources import pod_resources
from pocketkube.quantity import parse
from pocketkube.resources import NODES
from pocketkube.store import Object, Store


def mount_memory(store: Store, pod: Object, source: Object, path: Path) -> None:
    """On the directory `path`; whoever removes the directory unmounts it first."""
    node = store.find(NODES, "", pod["spec"]["nodeName"]) or {}
    limits = [
        node.get("status", {}).get("allocatable", {}).get("memory"),
        pod_resources(pod["spec"], "limits").get("memory"),
        source.get("sizeLimit"),
    ]
    size = min((int(parse(each)) for each in limits if each and int(parse(each))), default=0)
    namespaces.mount("tmpfs", str(path), "tmpfs", options=f"mode=1777,size={size}" if size else "mode=1777")
