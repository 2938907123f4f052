"""What a client is told of a Pod, or of the template of Pods, that is accepted.

Source: k8s.io/kubernetes/pkg/api/pod/warnings.go
"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission.formats import label_problems, quoted
from pocketkube.admission.pods import volume_warnings
from pocketkube.quantity import UNIT, parse
from pocketkube.store import Object

RENAMED_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}
OLD_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": (
        'non-functional in v1.16+; use the "priorityClassName" field instead'
    ),
    "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
    "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
}
REQUIRED, PREFERRED = (
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
)
NO_POD = "a null labelSelector results in matching no pod"


def name(found: str, used_in: str) -> Iterator[str]:
    """Of an object whose name becomes that of a host."""
    if problems := label_problems(found):
        what = f"this is used in {used_in}, which can result in surprising behavior; a DNS label is recommended"
        yield f"metadata.name: {what}: [{' '.join(problems)}]"


def pod(template: Object, prefix: str = "") -> Iterator[str]:
    """`prefix`: where the template is, with a point."""
    spec, field = template["spec"], f"{prefix}spec"
    yield from _node_labels(spec, field)
    for number, each in enumerate(spec.get("topologySpreadConstraints") or ()):
        where, key = f"{field}.topologySpreadConstraints[{number}]", each["topologyKey"]
        if key in RENAMED_LABELS:
            yield f"{where}.topologyKey: {key} is {RENAMED_LABELS[key]}"
        if each.get("labelSelector") is None:
            yield f"{where}.labelSelector: {NO_POD}"
    for key, what in OLD_ANNOTATIONS.items():
        if key in (template["metadata"].get("annotations") or {}):
            yield f"{prefix}metadata.annotations[{key}]: {what}"
    yield from volume_warnings.volumes(spec.get("volumes") or [], f"{field}.volumes")
    yield from _repeated(spec, "hostAliases", "ip", field)
    yield from _repeated(spec, "imagePullSecrets", "name", field)
    for number, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if not secret.get("name"):
            yield f'{field}.imagePullSecrets[{number}].name: invalid empty name ""'
    for container, where in _containers(spec, field):
        yield from _fractions(container, f"{where}.resources")
        yield from _variables(container, where)
    yield from _ports(spec, field)
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        what = "must be >= 0; negative values are invalid and will be treated as 1"
        yield f"{field}.terminationGracePeriodSeconds: {what}"
    yield from _pod_affinity(spec, field)


def _containers(spec: Object, field: str) -> Iterator[tuple[Object, str]]:
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(kind) or ()):
            yield container, f"{field}.{kind}[{number}]"


def _node_labels(spec: Object, field: str) -> Iterator[str]:
    for key in spec.get("nodeSelector") or ():
        if key in RENAMED_LABELS:
            yield f"{field}.nodeSelector[{key}]: {RENAMED_LABELS[key]}"
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    where = f"{field}.affinity.nodeAffinity"
    for number, term in enumerate((affinity.get(REQUIRED) or {}).get("nodeSelectorTerms") or ()):
        yield from _node_term(term, f"{where}.{REQUIRED}.nodeSelectorTerms[{number}]")
    for number, term in enumerate(affinity.get(PREFERRED) or ()):
        yield from _node_term(term.get("preference") or {}, f"{where}.{PREFERRED}[{number}].preference")


def _node_term(term: Object, field: str) -> Iterator[str]:
    for number, each in enumerate(term.get("matchExpressions") or ()):
        key = each.get("key", "")
        if key in RENAMED_LABELS:
            yield f"{field}.matchExpressions[{number}].key: {key} is {RENAMED_LABELS[key]}"


def _pod_affinity(spec: Object, field: str) -> Iterator[str]:
    for kind in ("podAffinity", "podAntiAffinity"):
        affinity, where = (spec.get("affinity") or {}).get(kind) or {}, f"{field}.affinity.{kind}"
        for number, term in enumerate(affinity.get(REQUIRED) or ()):
            if term.get("labelSelector") is None:
                yield f"{where}.{REQUIRED}[{number}].labelSelector: {NO_POD}"
        for number, term in enumerate(affinity.get(PREFERRED) or ()):
            if (term.get("podAffinityTerm") or {}).get("labelSelector") is None:
                yield f"{where}.{PREFERRED}[{number}].podAffinityTerm.labelSelector: {NO_POD}"


def _repeated(spec: Object, kind: str, key: str, field: str) -> Iterator[str]:
    items = spec.get(kind) or []
    for number, item in enumerate(items):
        if item.get(key, "") in (other.get(key, "") for other in items[:number]):
            yield f"{field}.{kind}[{number}].{key}: duplicate {key} {quoted(item.get(key, ''))}"


def _fractions(container: Object, field: str) -> Iterator[str]:
    """Of a byte: who writes 100m of memory means 100M."""
    for resource in ("memory", "ephemeral-storage"):
        for kind in ("limits", "requests"):
            text = ((container.get("resources") or {}).get(kind) or {}).get(resource)
            if text is not None and parse(text).nano % UNIT:
                yield f"{field}.{kind}[{resource}]: fractional byte value {quoted(text)} is invalid, must be an integer"


def _variables(container: Object, field: str) -> Iterator[str]:
    """A variable that is given twice: unless the later one is made of the earlier."""
    names: list[str] = []
    for number, variable in enumerate(container.get("env") or ()):
        key, value = variable.get("name", ""), variable.get("value", "")
        if key in names and (value == f"$({key})" or f"$({key})" not in value):
            where = f"{field}.env[{number}]"
            yield f"{where}: hides previous definition of {quoted(key)}, which may be dropped when using apply"
        names.append(key)


def _ports(spec: Object, field: str) -> Iterator[str]:
    """Of all containers: they share their network."""
    seen: list[tuple[Object, str]] = []
    for container, where in _containers(spec, field):
        for number, port in enumerate(container.get("ports") or ()):
            here = f"{where}.ports[{number}]"
            for other, there in seen:
                if what := _clash(port, other):
                    yield f"{here}: {what} port definition with {there}"
            seen.append((port, here))


def _clash(port: Object, other: Object) -> str:
    if any(port.get(key) != other.get(key) for key in ("containerPort", "protocol")):
        return ""
    addresses, ports = [[each.get(key) for each in (port, other)] for key in ("hostIP", "hostPort")]
    if addresses[0] == addresses[1] and ports[0] == ports[1]:
        return "duplicate"
    if not all(ports):
        return "overlapping"
    return "dangerously ambiguous" if ports[0] == ports[1] and not all(addresses) else ""
