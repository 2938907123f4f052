"""Whether a container that has ended runs again.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/ and KEP-5307 for rules of single containers.
"""

from __future__ import annotations

from pocketkube.store import Object


def is_sidecar(container: Object) -> bool:
    """An init container that goes on running beside the others."""
    return container.get("restartPolicy") == "Always"


def runs_again(pod_spec: Object, container: Object, code: int, *, init: bool) -> bool:
    """Decided by the container's own rules, its own policy, and the Pod's policy, in this order."""
    policy = container.get("restartPolicy") or pod_spec.get("restartPolicy", "Always")
    for rule in container.get("restartPolicyRules") or ():
        codes = rule.get("exitCodes") or {}
        if (code in (codes.get("values") or ())) == (codes.get("operator") == "In"):
            return bool(rule.get("action") == "Restart")
    if init and not is_sidecar(container):
        return policy != "Never" and code != 0
    return policy == "Always" or (policy == "OnFailure" and code != 0)
