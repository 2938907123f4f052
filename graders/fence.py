"""What keeps the namespace of one submission apart from those of all others.

Sources: https://kubernetes.io/docs/concepts/security/pod-security-admission/,
https://kubernetes.io/docs/concepts/policy/ and https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graders.lab import Lab

NAME = "service-labs"
QUOTA = {
    "pods": "20",
    "services": "20",
    "services.nodeports": "5",
    "services.loadbalancers": "0",
    "persistentvolumeclaims": "0",
    "limits.cpu": "8",
    "limits.memory": "2Gi",
}
CONTAINER = {
    "type": "Container",
    "default": {"cpu": "250m", "memory": "128Mi"},
    "defaultRequest": {"cpu": "10m", "memory": "16Mi"},
    "max": {"cpu": "1", "memory": "256Mi"},
}


def labels(lab: Lab) -> dict[str, str]:
    """Of the namespace: the API server refuses Pods beyond the lab's Pod Security level."""
    return {"pod-security.kubernetes.io/enforce": lab.pod_security, "app.kubernetes.io/managed-by": NAME}


def objects(nodes: Iterable[str]) -> list[dict[str, Any]]:
    """A ResourceQuota, a LimitRange and a NetworkPolicy. `nodes`: addresses of all nodes.

    Pods reach each other, cluster DNS and the nodes, whose ports lead back to them; nobody else reaches them.
    """
    inside: dict[str, Any] = {"podSelector": {}}
    on_nodes = [{"ipBlock": {"cidr": f"{address}/{128 if ':' in address else 32}"}} for address in nodes]
    system = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}
    dns = {"to": [system], "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]}
    policy = {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [inside, *on_nodes]}],
        "egress": [{"to": [inside, *on_nodes]}, dns],
    }
    return [
        _named("v1", "ResourceQuota", {"hard": QUOTA}),
        _named("v1", "LimitRange", {"limits": [CONTAINER]}),
        _named("networking.k8s.io/v1", "NetworkPolicy", policy),
    ]


def _named(version: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": NAME}, "spec": spec}
