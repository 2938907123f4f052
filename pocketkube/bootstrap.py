"""The objects that a new cluster begins with."""

from __future__ import annotations

import os
import platform
import uuid
from pathlib import Path

from pocketkube import kubernetes_service
from pocketkube.admission.storage.storage_plugins import DEFAULT_CLASS
from pocketkube.rbac import default_roles
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import (
    CLUSTERROLEBINDINGS,
    CLUSTERROLES,
    CONFIGMAPS,
    DEPLOYMENTS,
    NAMESPACES,
    NODES,
    SERVICES,
    STORAGECLASSES,
)
from pocketkube.store import Object
from pocketkube.version import KUBERNETES
from pocketkube.well_known_labels import HOSTNAME

COREDNS_IMAGE = "registry.k8s.io/coredns/coredns:v1.14.2"
COREFILE = """\
.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
"""
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"


def write(registry: Registry, nodes: dict[str, tuple[str, str]]) -> None:
    """Write them. `nodes`: {name: (address, Pod CIDR)}; the first is the control plane."""
    for namespace in ("default", "kube-system", "kube-public", "kube-node-lease"):
        registry.create(NAMESPACES, {"metadata": {"name": namespace}})
    for role in default_roles.cluster_roles():
        registry.create(CLUSTERROLES, role)
    for binding in default_roles.cluster_role_bindings():
        registry.create(CLUSTERROLEBINDINGS, binding)
    for index, (name, (address, pod_cidr)) in enumerate(nodes.items()):
        node = registry.create(NODES, _node(name, pod_cidr, control_plane=index == 0))
        registry.update(NODES, {**node, "status": _node_status(name, address)}, subresource="status")
    kubernetes_service.restore(registry)
    registry.create(CONFIGMAPS, {"metadata": {"name": "coredns"}, "data": {"Corefile": COREFILE}}, "kube-system")
    registry.create(SERVICES, _dns_service(), "kube-system")
    registry.create(DEPLOYMENTS, _dns_deployment(), "kube-system")
    registry.create(STORAGECLASSES, _storage_class())


def _node(name: str, pod_cidr: str, *, control_plane: bool) -> Object:
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        HOSTNAME: name,
        "kubernetes.io/os": "linux",
    }
    spec: Object = {"podCIDR": pod_cidr, "podCIDRs": [pod_cidr], "providerID": f"pocketkube://{name}"}
    if control_plane:
        labels[CONTROL_PLANE] = ""
        spec["taints"] = [{"key": CONTROL_PLANE, "effect": "NoSchedule"}]
    annotations = {
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
    }
    return {"metadata": {"name": name, "labels": labels, "annotations": annotations}, "spec": spec}


def _node_status(name: str, address: str) -> Object:
    now = timestamp()
    conditions = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]
    capacity = {
        "cpu": "2",
        "ephemeral-storage": "10Gi",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": "4Gi",
        "pods": "250",
    }
    machine = uuid.uuid4()
    return {
        "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
        "capacity": capacity,
        "allocatable": capacity,
        "conditions": [
            {
                "type": kind,
                "status": value,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": now,
                "lastTransitionTime": now,
            }
            for kind, value, reason, message in conditions
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            "containerRuntimeVersion": "containerd://2.1.9",  # as the ids of containers are written
            "kernelVersion": os.uname().release,
            "kubeProxyVersion": "",
            "kubeletVersion": KUBERNETES,
            "machineID": machine.hex,
            "operatingSystem": "linux",
            "osImage": _os_image(),
            "systemUUID": str(machine),
        },
    }


def _os_image() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:  # the machine does not say
        return "Linux"


def _storage_class() -> Object:
    """The one that kind installs."""
    return {
        "metadata": {"name": "standard", "annotations": {DEFAULT_CLASS: "true"}},
        "provisioner": "rancher.io/local-path",
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _dns_service() -> Object:
    labels = {
        "k8s-app": "kube-dns",
        "kubernetes.io/cluster-service": "true",
        "kubernetes.io/name": "CoreDNS",
    }
    return {
        "metadata": {"name": "kube-dns", "labels": labels},
        "spec": {
            "clusterIP": "10.96.0.10",
            "selector": {"k8s-app": "kube-dns"},
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
                {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153},
            ],
        },
    }


def _dns_deployment() -> Object:
    labels = {"k8s-app": "kube-dns"}
    return {
        "metadata": {"name": "coredns", "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [
                        {
                            "name": "coredns",
                            "image": COREDNS_IMAGE,
                            "args": ["-conf", "/etc/coredns/Corefile"],
                            "ports": [
                                {"name": "dns", "containerPort": 53, "protocol": "UDP"},
                                {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
                                {"name": "metrics", "containerPort": 9153, "protocol": "TCP"},
                            ],
                        }
                    ],
                    "dnsPolicy": "Default",
                    "nodeSelector": {CONTROL_PLANE: ""},
                    "tolerations": [{"key": CONTROL_PLANE, "effect": "NoSchedule"}],
                },
            },
        },
    }
