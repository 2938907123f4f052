"""Kernel parameters of a Pod: https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/

Those of the network belong to the Pod's network namespace. Which are safe is the kubelet's list; others it refuses.
"""

from __future__ import annotations

from pocketkube.admission.pods.pod_security_checks import SAFE_SYSCTLS
from pocketkube.store import Object


def network_sysctls(pod: Object) -> list[str]:
    """`name=value` of each that is the network's."""
    return [
        f"{each['name'].replace('/', '.')}={each['value']}" for each in _asked(pod) if each["name"].startswith("net")
    ]


def unsafe(pod: Object) -> str:
    """What the kubelet says of a Pod that asks for an unsafe one; "" for any other."""
    names = (each["name"] for each in _asked(pod) if each["name"].replace("/", ".") not in SAFE_SYSCTLS)
    return next((f'forbidden sysctl: "{name}" not allowlisted' for name in names), "")


def _asked(pod: Object) -> list[Object]:
    return list((pod["spec"].get("securityContext") or {}).get("sysctls") or ())
