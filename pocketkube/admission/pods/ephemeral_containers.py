"""Containers that `kubectl debug` adds to a Pod: https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/

Source: ValidatePodEphemeralContainersUpdate in k8s.io/kubernetes/pkg/apis/core/validation
"""

from __future__ import annotations

from pocketkube.admission.formats import dns_label, quoted
from pocketkube.admission.pods.pod_diff import diff
from pocketkube.errors import Cause
from pocketkube.store import Object

FIELD = "spec.ephemeralContainers"
REFUSED = ("ports", "resources", "restartPolicy", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle")
WHY = "cannot be set for an Ephemeral Container"


def merged(old: Object, new: Object) -> Object:
    """`old` with the ephemeral containers of `new`: nothing else is written through their subresource."""
    spec = {key: value for key, value in old["spec"].items() if key != "ephemeralContainers"}
    added = (new.get("spec") or {}).get("ephemeralContainers")
    return {**old, "spec": {**spec, **({"ephemeralContainers": added} if added else {})}}


def validate(new: Object, old: Object) -> list[Cause]:
    """They may be added, and neither changed nor taken away."""
    after, before = ((each["spec"].get("ephemeralContainers") or []) for each in (new, old))
    others = {each["name"] for kind in ("containers", "initContainers") for each in new["spec"].get(kind) or ()}
    causes, names = [], set(others)
    for number, container in enumerate(after):
        causes += _container(container, names, others, f"{FIELD}[{number}]")
        names.add(container.get("name", ""))
    found = {each.get("name"): each for each in after}
    for each in before:
        what = f"existing ephemeral containers {quoted(each['name'])} may not be"
        if each["name"] not in found:
            causes.append(Cause.forbidden(FIELD, f"{what} removed\n"))
        elif found[each["name"]] != each:
            causes.append(Cause.forbidden(FIELD, f"{what} changed\n{diff(each, found[each['name']])}"))
    return causes


def _container(container: Object, names: set[str], others: set[str], field: str) -> list[Cause]:
    name, target = container.get("name", ""), container.get("targetContainerName", "")
    causes = dns_label(name, f"{field}.name") if name else [Cause.required(f"{field}.name")]
    if not container.get("image"):
        causes.append(Cause.required(f"{field}.image"))
    if name in names:
        causes.append(Cause.duplicate(f"{field}.name", quoted(name)))
    if target and target not in others:
        causes.append(Cause("FieldValueNotFound", f"Not found: {quoted(target)}", f"{field}.targetContainerName"))
    causes += [Cause.forbidden(f"{field}.{each}", WHY) for each in REFUSED if container.get(each)]
    for number, mount in enumerate(container.get("volumeMounts") or ()):
        for each in ("subPath", "subPathExpr"):
            if mount.get(each):
                causes.append(Cause.forbidden(f"{field}.volumeMounts[{number}].{each}", WHY))
    return causes
