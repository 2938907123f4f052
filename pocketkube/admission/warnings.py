"""What a client is told besides the answer: texts of Warning headers (KEP-1693), which kubectl prints.

Source: k8s.io/kubernetes/pkg/api/service/warnings.go
"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission import addresses, not_carried_out
from pocketkube.admission.pods import pod_security, pod_templates, pod_warnings
from pocketkube.admission.services import ingresses
from pocketkube.admission.services.service_validation import TOPOLOGY_HINTS, TOPOLOGY_MODE, is_headless
from pocketkube.admission.storage import storage_warnings
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
NAMING = (CRONJOBS, DEPLOYMENTS, JOBS, REPLICASETS, REPLICATIONCONTROLLERS)  # whose name their Pods' begin with


def warnings(store: Store, resource: Resource, obj: Object, old: Object | None) -> list[str]:
    """Of a write of `obj`; `old`: what it was, None of one that is new."""
    found = list(read_warnings(resource))
    if resource is PODS:
        if old is not None:
            return found
        found += [*pod_warnings.name(obj["metadata"]["name"], "the Pod's hostname"), *pod_warnings.pod(obj)]
    elif resource is SERVICES:
        found += _service(obj)
    elif resource is NETWORKPOLICIES:
        found += _network_policy(obj["spec"])
    elif resource is INGRESSES and old is None:
        found += ingresses.warnings(obj)
    elif resource in (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES):
        found += storage_warnings.of(resource, obj)
    else:
        found += _workload(resource, obj, old)
    found += pod_security.warnings(store, resource, obj) + not_carried_out.warnings(resource, obj)
    return list(dict.fromkeys(found))


def read_warnings(resource: Resource) -> list[str]:
    """What a client is told whatever it does with objects of this kind."""
    return [ENDPOINTS_DEPRECATED] if resource is ENDPOINTS else []


def _workload(resource: Resource, obj: Object, old: Object | None) -> Iterator[str]:
    """Of the template, unless the spec is as it was."""
    template = pod_templates.template_of(resource, obj)
    if old is None and resource in NAMING:
        yield from pod_warnings.name(obj["metadata"]["name"], "Pod names and hostnames")
    if template and (old is None or obj["metadata"].get("generation") != old["metadata"].get("generation")):
        yield from pod_warnings.pod(template, f"{pod_templates.FIELDS[resource]}.")


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
