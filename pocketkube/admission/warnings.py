"""What a client is told besides the answer: texts of Warning headers (KEP-1693), which kubectl prints.

Source: k8s.io/kubernetes/pkg/api/service/warnings.go and pkg/api/pod/warnings.go
"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission import (
    addresses,
    formats,
    ingresses,
    not_carried_out,
    pod_security,
    pod_templates,
    storage_warnings,
)
from pocketkube.admission.formats import quoted
from pocketkube.admission.service_validation import TOPOLOGY_HINTS, TOPOLOGY_MODE, is_headless
from pocketkube.quantity import UNIT, parse
from pocketkube.resources import (
    CRONJOBS,
    DEPLOYMENTS,
    ENDPOINTS,
    INGRESSES,
    JOBS,
    NETWORKPOLICIES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    SERVICES,
    Resource,
)
from pocketkube.store import Object, Store

ENDPOINTS_DEPRECATED = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
NAMES_OF_PODS = (CRONJOBS, DEPLOYMENTS, JOBS, REPLICASETS, REPLICATIONCONTROLLERS)  # begin with theirs
RENAMED_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}


def warnings(store: Store, resource: Resource, obj: Object, *, created: bool) -> list[str]:
    """Of a write of `obj`."""
    found = list(read_warnings(resource))
    if resource is not PODS or created:
        found += pod_security.warnings(store, resource, obj)
    if resource is SERVICES:
        found += _service(obj)
    if resource is NETWORKPOLICIES:
        found += _network_policy(obj["spec"])
    if resource in NAMES_OF_PODS and created:
        found += _name(obj["metadata"]["name"])
    if resource is INGRESSES and created:
        found += ingresses.warnings(obj)
    template = pod_templates.template_of(resource, obj)
    if resource in (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES):
        found += storage_warnings.of(resource, obj)
    if resource is PODS and created:
        found += _pod(obj["spec"], "spec")
    elif template:
        found += _pod(template["spec"], f"{pod_templates.FIELDS[resource]}.spec")
    if resource is not PODS or created:
        found += not_carried_out.warnings(resource, obj)
    return list(dict.fromkeys(found))


def read_warnings(resource: Resource) -> list[str]:
    """What a client is told whatever it does with objects of this kind."""
    return [ENDPOINTS_DEPRECATED] if resource is ENDPOINTS else []


def _name(name: str) -> Iterator[str]:
    problems = formats.label_problems(name)
    if problems:
        what = "this is used in Pod names and hostnames, which can result in surprising behavior"
        yield f"metadata.name: {what}; a DNS label is recommended: [{' '.join(problems)}]"


def _service(service: Object) -> Iterator[str]:
    spec = service["spec"]
    outside = spec.get("externalIPs") or []
    if TOPOLOGY_HINTS in (service["metadata"].get("annotations") or {}):
        yield f"annotation {TOPOLOGY_HINTS} is deprecated, please use {TOPOLOGY_MODE} instead"
    if is_headless(spec):
        if spec.get("loadBalancerIP"):
            yield "spec.loadBalancerIP is ignored for headless services"
        if outside:
            yield "spec.externalIPs is ignored for headless services"
        if spec.get("sessionAffinity") == "ClientIP":
            yield "spec.SessionAffinity is ignored for headless services"
    else:
        yield from _addresses(spec.get("clusterIPs") or [], "spec.clusterIPs")
    if outside:
        yield "spec.externalIPs is deprecated"
    yield from _addresses(outside, "spec.externalIPs")
    if spec.get("loadBalancerIP"):
        yield from addresses.warnings(spec["loadBalancerIP"], "spec.loadBalancerIP")
    yield from _addresses(spec.get("loadBalancerSourceRanges") or [], "spec.loadBalancerSourceRanges")
    if spec["type"] == "ExternalName" and outside:
        yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
    if spec["type"] != "ExternalName" and spec.get("externalName"):
        yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
    if spec.get("trafficDistribution") == "PreferClose":
        yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'


def _network_policy(spec: Object) -> Iterator[str]:
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(spec.get(direction) or ()):
            for index, peer in enumerate(rule.get(peers) or ()):
                block, field = peer.get("ipBlock") or {}, f"spec.{direction}[{number}].{peers}[{index}].ipBlock"
                yield from addresses.warnings(block.get("cidr", ""), f"{field}.cidr")
                yield from _addresses(block.get("except") or [], f"{field}.except")


def _addresses(texts: list[str], field: str) -> Iterator[str]:
    for number, text in enumerate(texts):
        yield from addresses.warnings(text, f"{field}[{number}]")


def _pod(spec: Object, field: str) -> Iterator[str]:
    for name in spec.get("nodeSelector") or ():
        if name in RENAMED_LABELS:
            yield f"{field}.nodeSelector[{name}]: {RENAMED_LABELS[name]}"
    for number, each in enumerate(spec.get("topologySpreadConstraints") or ()):
        where, key = f"{field}.topologySpreadConstraints[{number}]", each["topologyKey"]
        if key in RENAMED_LABELS:
            yield f"{where}.topologyKey: {key} is {RENAMED_LABELS[key]}"
        if each.get("labelSelector") is None:
            yield f"{where}.labelSelector: a null labelSelector results in matching no pod"
    for number, volume in enumerate(spec.get("volumes") or ()):
        if "gitRepo" in volume:
            yield f"{field}.volumes[{number}].gitRepo: deprecated in v1.11, and disabled by default in v1.33+"
    yield from _repeated(spec, "hostAliases", "ip", field)
    yield from _repeated(spec, "imagePullSecrets", "name", field)
    for number, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if not secret.get("name"):
            yield f'{field}.imagePullSecrets[{number}].name: invalid empty name ""'
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(kind) or ()):
            yield from _fractions(container, f"{field}.{kind}[{number}].resources")
            yield from _variables(container, f"{field}.{kind}[{number}]")
            yield from _ports(container, f"{field}.{kind}[{number}]")
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        what = "must be >= 0; negative values are invalid and will be treated as 1"
        yield f"{field}.terminationGracePeriodSeconds: {what}"


def _repeated(spec: Object, kind: str, key: str, field: str) -> Iterator[str]:
    items = spec.get(kind) or []
    for number, item in enumerate(items):
        if item.get(key, "") in (other.get(key, "") for other in items[:number]):
            yield f"{field}.{kind}[{number}].{key}: duplicate {key} {quoted(item.get(key, ''))}"


def _fractions(container: Object, field: str) -> Iterator[str]:
    """Of a byte: who writes 100m of memory means 100M."""
    for name in ("memory", "ephemeral-storage"):
        for kind in ("limits", "requests"):
            text = ((container.get("resources") or {}).get(kind) or {}).get(name)
            if text is not None and parse(text).nano % UNIT:
                yield f"{field}.{kind}[{name}]: fractional byte value {quoted(text)} is invalid, must be an integer"


def _variables(container: Object, field: str) -> Iterator[str]:
    """A variable that is given twice: unless the later one is made of the earlier."""
    names: list[str] = []
    for number, variable in enumerate(container.get("env") or ()):
        name = variable.get("name", "")
        if name in names and f"$({name})" not in variable.get("value", ""):
            where = f"{field}.env[{number}]"
            yield f'{where}: hides previous definition of "{name}", which may be dropped when using apply'
        names.append(name)


def _ports(container: Object, field: str) -> Iterator[str]:
    seen: dict[tuple[object, ...], int] = {}
    for number, port in enumerate(container.get("ports") or ()):
        key = tuple(port.get(name) for name in ("containerPort", "protocol", "hostPort", "hostIP"))
        if key in seen:
            yield f"{field}.ports[{number}]: duplicate port definition with {field}.ports[{seen[key]}]"
        else:
            seen[key] = number
