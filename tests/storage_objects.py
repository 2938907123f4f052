"""Claims, volumes, and Pods that use them."""

from __future__ import annotations

from typing import Any

NODE = "kubernetes.io/hostname"


def claim(name: str = "data", size: str = "10Mi", *modes: str, **spec: Any) -> dict[str, Any]:
    asked = {"accessModes": list(modes) or ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {**asked, **spec},
    }


def volume(name: str, size: str = "100Mi", node: str = "", **spec: Any) -> dict[str, Any]:
    """One of the directory /srv/NAME, reachable from `node` alone where that is given."""
    full = {
        "capacity": {"storage": size},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": f"/srv/{name}"},
        **spec,
    }
    if node:
        full["nodeAffinity"] = on_node(node)
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": full}


def on_node(name: str) -> dict[str, Any]:
    term = {"matchExpressions": [{"key": NODE, "operator": "In", "values": [name]}]}
    return {"required": {"nodeSelectorTerms": [term]}}


def storage_class(name: str, provisioner: str = "rancher.io/local-path", **fields: Any) -> dict[str, Any]:
    meta = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    return {**meta, "provisioner": provisioner, **fields}


def user(claim_name: str, name: str = "it", script: str = "sleep infinity", **spec: Any) -> dict[str, Any]:
    """A Pod with the claim at /data."""
    container = {
        "name": "c",
        "image": "busybox:1.36",
        "command": ["sh", "-c", script],
        "volumeMounts": [{"name": "v", "mountPath": "/data"}],
    }
    full = {
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim_name}}],
        **spec,
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": full}
