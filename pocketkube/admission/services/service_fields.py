"""Fields of a Service that follow from each other: k8s.io/kubernetes/pkg/registry/core/service/strategy.go"""

from __future__ import annotations

from pocketkube.admission.services.service_validation import externally_accessible
from pocketkube.store import Object

ADDRESSES = ("clusterIP", "clusterIPs")


def complete(new: Object, old: Object | None) -> None:
    """Make `new`, a Service, whole in place before it is validated. `old` is None for a new one."""
    spec = new["spec"]
    if old is None:
        if spec.get("clusterIP") and not spec.get("clusterIPs"):
            spec["clusterIPs"] = [spec["clusterIP"]]
        return
    before = old["spec"]
    _keep_allocated(spec, before)
    _follow_cluster_ip(spec, before)
    _drop_what_the_type_has_not(spec, before)


def _keep_allocated(spec: Object, before: Object) -> None:
    """What the cluster gave stays where the writer leaves it out."""
    if "ExternalName" not in (spec["type"], before["type"]):
        if not spec.get("clusterIP"):
            spec["clusterIP"] = before.get("clusterIP", "")
        if not spec.get("clusterIPs") and spec["clusterIP"] == before.get("clusterIP"):
            spec["clusterIPs"] = before["clusterIPs"]
    if "healthCheckNodePort" in before and not spec.get("healthCheckNodePort"):
        spec["healthCheckNodePort"] = before["healthCheckNodePort"]
    if _has_node_ports(spec) and _has_node_ports(before):
        known = {(port["protocol"], port["port"]): port.get("nodePort") for port in before.get("ports") or ()}
        for port in spec.get("ports") or ():
            kept = known.get((port["protocol"], port.get("port")))
            if not port.get("nodePort") and kept:
                port["nodePort"] = kept


def _follow_cluster_ip(spec: Object, before: Object) -> None:
    """clusterIPs follows clusterIP where only that was changed."""
    if spec.get("clusterIPs") != before.get("clusterIPs"):
        return
    if before.get("clusterIP") and not spec.get("clusterIP"):
        spec.pop("clusterIPs", None)
    elif spec.get("clusterIP") and spec["clusterIP"] != before.get("clusterIP"):
        spec["clusterIPs"] = [spec["clusterIP"]]


def _drop_what_the_type_has_not(spec: Object, before: Object) -> None:
    """A new type takes with it what only the old one had, unless the writer has changed that too."""
    dropped: list[str] = []
    if spec["type"] == "ExternalName" != before["type"]:
        dropped += [*ADDRESSES, "ipFamilies", "ipFamilyPolicy"]
    if before["type"] == "ExternalName" != spec["type"]:
        dropped.append("externalName")
    if before["type"] == "LoadBalancer" != spec["type"]:
        dropped += ["allocateLoadBalancerNodePorts", "loadBalancerClass", "healthCheckNodePort"]
    if before.get("externalTrafficPolicy") == "Local" != spec.get("externalTrafficPolicy"):
        dropped.append("healthCheckNodePort")
    if externally_accessible(before) and not externally_accessible(spec):
        dropped.append("externalTrafficPolicy")
    for field in dropped:
        if field in spec and spec[field] == before.get(field):
            del spec[field]
    if _has_node_ports(before) and not _has_node_ports(spec):
        known = {(port["protocol"], port["port"]): port.get("nodePort") for port in before.get("ports") or ()}
        for port in spec.get("ports") or ():
            if port.get("nodePort") and port["nodePort"] == known.get((port["protocol"], port.get("port"))):
                del port["nodePort"]


def _has_node_ports(spec: Object) -> bool:
    return spec["type"] in ("NodePort", "LoadBalancer")
