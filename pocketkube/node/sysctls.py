"""Kernel parameters of a Pod: https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/

Those of the network belong to the Pod's network namespace. Which are safe is the kubelet's list; others it refuses.
"""

from __future__ import annotations

from pocketkube.store import Object

SAFE = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
}


def network_sysctls(pod: Object) -> list[str]:
    """`name=value` of each that is the network's."""
    return [
        f"{each['name'].replace('/', '.')}={each['value']}" for each in _asked(pod) if each["name"].startswith("net")
    ]


def unsafe(pod: Object) -> str:
    """What the kubelet says of a Pod that asks for an unsafe one; "" for any other."""
    names = (each["name"] for each in _asked(pod) if each["name"].replace("/", ".") not in SAFE)
    return next((f'forbidden sysctl: "{name}" not allowlisted' for name in names), "")


def _asked(pod: Object) -> list[Object]:
    return list((pod["spec"].get("securityContext") or {}).get("sysctls") or ())
