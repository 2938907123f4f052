"""Pod Security admission: a namespace's labels say what its Pods may ask for.

Source: https://kubernetes.io/docs/concepts/security/pod-security-admission/
"""

from __future__ import annotations

import json
import re

from pocketkube.admission.pods.pod_security_checks import BASELINE, RESTRICTED, Check
from pocketkube.admission.pods.pod_templates import template_of
from pocketkube.errors import Cause, forbidden
from pocketkube.resources import NAMESPACES, PODS, Resource
from pocketkube.store import Object, Store

PREFIX = "pod-security.kubernetes.io/"
MODES = ("enforce", "audit", "warn")
CHECKS: dict[str, dict[str, Check]] = {"privileged": {}, "baseline": BASELINE, "restricted": RESTRICTED}
VERSION = re.compile(r"latest|v1\.(0|[1-9]\d*)")


def validate_labels(namespace: Object) -> list[Cause]:
    """Levels and versions that there are not."""
    labels = namespace["metadata"].get("labels") or {}
    causes = []
    for mode in MODES:
        level, version = labels.get(PREFIX + mode), labels.get(f"{PREFIX}{mode}-version")
        if level is not None and level not in CHECKS:
            field = f"metadata.labels[{PREFIX}{mode}]"
            causes.append(Cause.invalid(field, json.dumps(level), f"must be one of {', '.join(CHECKS)}"))
        if version is not None and not VERSION.fullmatch(version):
            field = f"metadata.labels[{PREFIX}{mode}-version]"
            causes.append(Cause.invalid(field, json.dumps(version), 'must be "latest" or "v1.x"'))
    return causes


def admit(store: Store, pod: Object) -> None:
    """ApiError 403 for a Pod that its namespace's `enforce` does not allow."""
    found = _violation(store, "enforce", pod["metadata"], pod["metadata"]["namespace"], pod["spec"])
    if found:
        raise forbidden(PODS, pod["metadata"]["name"], f"violates {found}")


def warnings(store: Store, resource: Resource, obj: Object) -> list[str]:
    """What `warn` has to say of a Pod, or of the Pods that a controller would create."""
    pods = obj if resource is PODS else template_of(resource, obj)
    if pods is None:
        return []
    found = _violation(store, "warn", pods["metadata"], obj["metadata"]["namespace"], pods["spec"])
    return [f"would violate {found}"] if found else []


def _violation(store: Store, mode: str, metadata: Object, namespace: str, spec: Object) -> str:
    labels = (store.find(NAMESPACES, "", namespace) or {"metadata": {}})["metadata"].get("labels") or {}
    if mode == "warn" and not {f"{PREFIX}warn", f"{PREFIX}warn-version"} & set(labels):
        mode = "enforce"  # `warn` follows it unless it is set
    level = labels.get(PREFIX + mode, "privileged")
    results = [check(metadata, spec) for check in CHECKS.get(level, RESTRICTED).values()]
    reasons = [f"{reason} ({detail})" for reason, detail in filter(None, results)]
    version = labels.get(f"{PREFIX}{mode}-version", "latest")
    return f'PodSecurity "{level}:{version}": {", ".join(reasons)}' if reasons else ""
