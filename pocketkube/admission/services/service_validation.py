"""Validation of Services, in the order in which the API server tells what is wrong: k8s.io/kubernetes/pkg/apis/core."""

from __future__ import annotations

from pocketkube.admission import addresses, formats
from pocketkube.admission.formats import PROTOCOLS, compact, quoted
from pocketkube.errors import Cause
from pocketkube.store import Object

TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
AFFINITIES = ["ClientIP", "None"]
FAMILIES = ["IPv4", "IPv6"]
FAMILY_POLICIES = ["PreferDualStack", "RequireDualStack", "SingleStack"]
POLICIES = ["Cluster", "Local"]
DISTRIBUTIONS = ["PreferClose", "PreferSameNode", "PreferSameZone"]
LONGEST_AFFINITY = 86400  # seconds
TOPOLOGY_MODE = "service.kubernetes.io/topology-mode"
TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints"
SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
BALANCED_ONLY = "may only be used when `type` is 'LoadBalancer'"
SET_ONCE = "may not change once set"


def is_headless(spec: Object) -> bool:
    return bool(spec.get("clusterIPs") == ["None"])


def validate(service: Object) -> list[Cause]:
    spec = service["spec"]
    ports = spec.get("ports") or []
    annotations = service["metadata"].get("annotations") or {}
    causes = []
    mode, hints = annotations.get(TOPOLOGY_MODE), annotations.get(TOPOLOGY_HINTS)
    if mode is not None and hints is not None and mode != hints:
        what = f"must match annotations[{TOPOLOGY_HINTS}] when both are specified"
        causes.append(Cause.invalid(f"metadata.annotations[{TOPOLOGY_MODE}]", quoted(mode), what))
    if not ports and not is_headless(spec) and spec["type"] != "ExternalName":
        causes.append(Cause.required("spec.ports"))
    causes += _by_type(spec)
    names: set[str] = set()
    for number, port in enumerate(ports):
        causes += _port(port, f"spec.ports[{number}]", names, named=len(ports) > 1)
    causes += formats.labels(spec.get("selector") or {}, "spec.selector")
    causes += _affinity(spec)
    if spec["type"] != "ExternalName":
        causes += _cluster_ips(spec)
    for number, text in enumerate(spec.get("externalIPs") or ()):
        causes += addresses.endpoint_ip(text, f"spec.externalIPs[{number}]")
    if spec["type"] not in TYPES:
        causes.append(Cause.unsupported("spec.type", quoted(spec["type"]), TYPES))
    causes += _repeated_ports(spec["type"], ports)
    return causes + _load_balancer(service) + _traffic(spec)


def validate_update(new: Object, old: Object) -> list[Cause]:
    """What may not change. `new` and `old`: specs. ExternalName is where an address is given up or taken up."""
    if "ExternalName" in (new["type"], old["type"]):
        return _balancer_class(new, old)
    causes = []
    before, after = old.get("clusterIPs") or [], new.get("clusterIPs") or []
    headless = is_headless(new), is_headless(old)
    if not all(headless):
        if len(before) == len(after):
            changed = [number for number, address in enumerate(before) if address != after[number]]
        elif before and not after:
            causes.append(Cause.invalid("spec.clusterIPs[0]", compact(None), "primary clusterIP can not be unset"))
            changed = []
        else:
            changed = [0] if before and before[0] != after[0] else []
        causes += [Cause.invalid(f"spec.clusterIPs[{number}]", compact(after), SET_ONCE) for number in changed]
    families = old.get("ipFamilies") or [], new.get("ipFamilies") or []
    if not any(headless) and all(families) and families[0][0] != families[1][0]:
        causes.append(Cause.invalid("spec.ipFamilies[0]", compact(families[1]), SET_ONCE))
    causes += _balancer_class(new, old)
    if _checked(old) and _checked(new) and old.get("healthCheckNodePort") != new.get("healthCheckNodePort"):
        causes.append(Cause.forbidden("spec.healthCheckNodePort", "field is immutable"))
    return causes


def _balancer_class(new: Object, old: Object | None) -> list[Cause]:
    """An update looks at it both for what has changed and for what it is. `new` and `old`: specs."""
    found, field, causes = new.get("loadBalancerClass"), "spec.loadBalancerClass", []
    balanced = new["type"] == "LoadBalancer"
    if balanced and old and old["type"] == "LoadBalancer" and found != old.get("loadBalancerClass"):
        causes.append(Cause.invalid(field, '"null"' if found is None else quoted(found), SET_ONCE))
    if found is None:
        return causes
    return causes + (formats.qualified_name(found, field) if balanced else [Cause.forbidden(field, BALANCED_ONLY)])


def _by_type(spec: Object) -> list[Cause]:
    kind = spec["type"]
    if kind in ("NodePort", "LoadBalancer") and is_headless(spec):
        return [Cause.invalid("spec.clusterIPs[0]", '"None"', f"may not be set to 'None' for {kind} services")]
    if kind != "ExternalName":
        return []
    causes = [
        Cause.forbidden(f"spec.{field}", "may not be set for ExternalName services")
        for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy")
        if spec.get(field)
    ]
    name = (spec.get("externalName") or "").removesuffix(".")
    return causes + (
        formats.dns_subdomain(name, "spec.externalName") if name else [Cause.required("spec.externalName")]
    )


def _port(port: Object, field: str, names: set[str], *, named: bool) -> list[Cause]:
    name, causes = port.get("name", ""), []
    if named and not name:
        causes.append(Cause.required(f"{field}.name"))
    elif name:
        causes += formats.dns_label(name, f"{field}.name")
        if name in names:
            causes.append(Cause.duplicate(f"{field}.name", quoted(name)))
        names.add(name)
    causes += formats.port_number(port.get("port", 0), f"{field}.port")
    if port["protocol"] not in PROTOCOLS:
        causes.append(Cause.unsupported(f"{field}.protocol", quoted(port["protocol"]), PROTOCOLS))
    causes += formats.port(port["targetPort"], f"{field}.targetPort")
    if port.get("appProtocol") is not None:
        causes += formats.qualified_name(port["appProtocol"], f"{field}.appProtocol")
    return causes


def _affinity(spec: Object) -> list[Cause]:
    kind = spec["sessionAffinity"]
    if kind not in AFFINITIES:
        return [Cause.unsupported("spec.sessionAffinity", quoted(kind), AFFINITIES)]
    if kind == "None":
        return []
    seconds = spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"]
    if 0 < seconds <= LONGEST_AFFINITY:
        return []
    what = f"must be greater than 0 and less than {LONGEST_AFFINITY}"
    return [Cause.invalid("spec.sessionAffinityConfig.clientIP.timeoutSeconds", str(seconds), what)]


def _cluster_ips(spec: Object) -> list[Cause]:
    """clusterIP, clusterIPs, ipFamilies and ipFamilyPolicy, each alone and together."""
    one, several, field = spec.get("clusterIP", ""), spec.get("clusterIPs") or [], "spec.clusterIPs"
    causes = []
    if one and several and several[0] != one:
        causes.append(Cause.invalid(field, compact(several), "first value must match `clusterIP`"))
    elif not one and several:
        causes.append(Cause.invalid(field, compact(several), "must be empty when `clusterIP` is not specified"))
    seen: set[str] = set()
    for number, family in enumerate(spec.get("ipFamilies") or ()):
        if family not in FAMILIES:
            causes.append(Cause.unsupported(f"spec.ipFamilies[{number}]", quoted(family), FAMILIES))
        if family in seen:
            causes.append(Cause.duplicate(f"spec.ipFamilies[{number}]", quoted(family)))
        seen.add(family)
    policy = spec.get("ipFamilyPolicy")
    if policy is not None and policy not in FAMILY_POLICIES:
        causes.append(Cause.unsupported("spec.ipFamilyPolicy", quoted(policy), FAMILY_POLICIES))
    wrong = []
    for number, text in enumerate(several):
        if number == 0 and text == "None":
            if len(several) > 1:
                wrong.append(Cause.invalid(field, compact(several), "'None' must be the first and only value"))
            continue
        wrong += addresses.ip(text, f"{field}[{number}]")
    causes += wrong
    if len(several) > 2:
        causes.append(Cause.invalid(field, compact(several), "may only hold up to 2 values"))
    if wrong or is_headless(spec):
        return causes
    return causes + _families_of(several, spec.get("ipFamilies") or [])


def _families_of(texts: list[str], families: list[str]) -> list[Cause]:
    """Addresses of at most one for each family, and of the families that are named."""
    versions = [found.version for text in texts if (found := addresses.address(text))]
    causes = []
    if len(versions) > 1 and sorted(versions) != [4, 6]:
        what = "may specify no more than one IP for each IP family"
        causes.append(Cause.invalid("spec.clusterIPs", compact(texts), what))
    for number, (text, version, family) in enumerate(zip(texts, versions, families, strict=False)):
        if family in FAMILIES and family != f"IPv{version}":
            what = f"expected an {family} value as indicated by `ipFamilies[{number}]`"
            causes.append(Cause.invalid(f"spec.clusterIPs[{number}]", quoted(text), what))
    return causes


def _repeated_ports(kind: str, ports: list[Object]) -> list[Cause]:
    causes = []
    if kind == "ClusterIP":
        what = "may not be used when `type` is 'ClusterIP'"
        causes += [
            Cause.forbidden(f"spec.ports[{number}].nodePort", what)
            for number, port in enumerate(ports)
            if port.get("nodePort")
        ]
    seen: set[tuple[str, int]] = set()
    for number, port in enumerate(ports):
        if port.get("nodePort"):
            key = port["protocol"], port["nodePort"]
            if key in seen:
                causes.append(Cause.duplicate(f"spec.ports[{number}].nodePort", str(port["nodePort"])))
            seen.add(key)
    seen = set()
    for number, port in enumerate(ports):
        key = port["protocol"], port.get("port", 0)
        if key in seen:
            # Go writes the fields of its own struct, those that were compared and the empty others.
            value = {
                "Name": "",
                "Protocol": key[0],
                "AppProtocol": None,
                "Port": key[1],
                "TargetPort": 0,
                "NodePort": 0,
            }
            causes.append(Cause.duplicate(f"spec.ports[{number}]", compact(value)))
        seen.add(key)
    return causes


def _load_balancer(service: Object) -> list[Cause]:
    spec = service["spec"]
    balanced = spec["type"] == "LoadBalancer"
    causes = []
    ranges, field = spec.get("loadBalancerSourceRanges") or [], "spec.LoadBalancerSourceRanges"
    annotated = (service["metadata"].get("annotations") or {}).get(SOURCE_RANGES)
    if not ranges and annotated is not None:
        ranges, field = (
            [each for each in annotated.split(",") if each.strip()],
            f"metadata.annotations[{SOURCE_RANGES}]",
        )
    if (ranges or annotated is not None) and not balanced:
        causes.append(Cause.forbidden(field, BALANCED_ONLY))
    for number, text in enumerate(ranges):
        where = field if field.startswith("metadata") else f"{field}[{number}]"
        causes += addresses.cidr(text.strip(), where)
    if "allocateLoadBalancerNodePorts" in spec and not balanced:
        causes.append(Cause.forbidden("spec.allocateLoadBalancerNodePorts", BALANCED_ONLY))
    return causes + _balancer_class(spec, None)


def _traffic(spec: Object) -> list[Cause]:
    external, field = spec.get("externalTrafficPolicy", ""), "spec.externalTrafficPolicy"
    causes = []
    if external and not externally_accessible(spec):
        what = "may only be set for externally-accessible services"
        causes.append(Cause.invalid(field, quoted(external), what))
    elif external and external not in POLICIES:
        causes.append(Cause.unsupported(field, quoted(external), POLICIES))
    health = spec.get("healthCheckNodePort", 0)
    if health and not _checked(spec):
        what = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        causes.append(Cause.invalid("spec.healthCheckNodePort", str(health), what))
    elif health:
        causes += formats.port_number(health, "spec.healthCheckNodePort")
    internal = spec.get("internalTrafficPolicy")
    if internal is not None and internal not in POLICIES:
        causes.append(Cause.unsupported("spec.internalTrafficPolicy", quoted(internal), POLICIES))
    distribution = spec.get("trafficDistribution")
    if distribution is not None and distribution not in DISTRIBUTIONS:
        causes.append(Cause.unsupported("spec.trafficDistribution", quoted(distribution), DISTRIBUTIONS))
    return causes


def externally_accessible(spec: Object) -> bool:
    return spec["type"] in ("LoadBalancer", "NodePort") or (
        spec["type"] == "ClusterIP" and bool(spec.get("externalIPs"))
    )


def _checked(spec: Object) -> bool:
    """Whether a load balancer asks the nodes for their health."""
    return bool(spec["type"] == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local")
