"""Validation of Endpoints and EndpointSlices: k8s.io/kubernetes/pkg/apis/core and pkg/apis/discovery."""

from __future__ import annotations

from pocketkube.admission import addresses, formats
from pocketkube.admission.formats import PROTOCOLS, quoted
from pocketkube.admission.metadata_validation import IMMUTABLE
from pocketkube.errors import Cause
from pocketkube.store import Object

ADDRESS_TYPES = ["FQDN", "IPv4", "IPv6"]
MOST_ENDPOINTS, MOST_ADDRESSES, MOST_PORTS, MOST_HINTS, MOST_TOPOLOGY = 1000, 100, 20000, 8, 16


def endpoints(obj: Object) -> list[Cause]:
    causes = []
    for number, subset in enumerate(obj.get("subsets") or ()):
        field = f"subsets[{number}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            causes.append(Cause.required(field, "must specify `addresses` or `notReadyAddresses`"))
        for kind in ("addresses", "notReadyAddresses"):
            for index, each in enumerate(subset.get(kind) or ()):
                causes += _address(each, f"{field}.{kind}[{index}]")
        ports = subset.get("ports") or []
        for index, port in enumerate(ports):
            causes += _port(port, f"{field}.ports[{index}]", named=len(ports) > 1)
    return causes


def endpoint_slice(obj: Object) -> list[Cause]:
    kind = obj.get("addressType", "")
    causes = []
    if not kind:
        causes.append(Cause.required("addressType"))
    elif kind not in ADDRESS_TYPES:
        causes.append(Cause.unsupported("addressType", quoted(kind), ADDRESS_TYPES))
    members, ports = obj.get("endpoints") or [], obj.get("ports") or []
    if len(members) > MOST_ENDPOINTS:
        causes.append(Cause.too_many("endpoints", len(members), MOST_ENDPOINTS))
    else:
        for number, endpoint in enumerate(members):
            causes += _endpoint(endpoint, kind, f"endpoints[{number}]")
    if len(ports) > MOST_PORTS:
        return [*causes, Cause.too_many("ports", len(ports), MOST_PORTS)]
    names: set[str] = set()
    for number, port in enumerate(ports):
        causes += _slice_port(port, names, f"ports[{number}]")
    return causes


def endpoint_slice_update(new: Object, old: Object) -> list[Cause]:
    kind = new.get("addressType", "")
    return [] if kind == old.get("addressType") else [Cause.invalid("addressType", quoted(kind), IMMUTABLE)]


def _endpoint(endpoint: Object, kind: str, field: str) -> list[Cause]:
    addresses = endpoint.get("addresses") or []
    causes = []
    if not addresses:
        causes.append(Cause.required(f"{field}.addresses", "must contain at least 1 address"))
    elif len(addresses) > MOST_ADDRESSES:
        causes.append(Cause.too_many(f"{field}.addresses", len(addresses), MOST_ADDRESSES))
    for index, each in enumerate(addresses):
        where = f"{field}.addresses[{index}]"
        if kind == "FQDN":
            causes += formats.fully_qualified_domain(each, where)
        elif kind in ADDRESS_TYPES:
            causes += _slice_address(each, kind, where)
    if "nodeName" in endpoint:
        causes += formats.dns_subdomain(endpoint["nodeName"], f"{field}.nodeName")
    topology = endpoint.get("deprecatedTopology") or {}
    if len(topology) > MOST_TOPOLOGY:
        causes.append(Cause.too_many(f"{field}.deprecatedTopology", len(topology), MOST_TOPOLOGY))
    causes += formats.labels(topology, f"{field}.deprecatedTopology")
    if "hostname" in endpoint:
        causes += formats.dns_label(endpoint["hostname"], f"{field}.hostname")
    return causes + _hints(endpoint.get("hints") or {}, f"{field}.hints")


def _slice_address(text: str, kind: str, field: str) -> list[Cause]:
    found, causes = addresses.address(text), addresses.ip(text, field)
    if found is None or causes:
        return causes
    if f"IPv{found.version}" != kind:
        causes.append(Cause.invalid(field, quoted(text), f"must be an {kind} address"))
    return causes + addresses.special(found, text, field)


def _hints(hints: Object, field: str) -> list[Cause]:
    causes = []
    for kind in ("forZones", "forNodes"):
        found = hints.get(kind) or []
        if len(found) > MOST_HINTS:
            causes.append(Cause.too_many(f"{field}.{kind}", len(found), MOST_HINTS))
            continue
        names: set[str] = set()
        for number, each in enumerate(found):
            where, name = f"{field}.{kind}[{number}].name", each.get("name", "")
            if name in names:
                causes.append(Cause.duplicate(where, quoted(name)))
            names.add(name)
            causes += [Cause.invalid(where, quoted(name), why) for why in formats.label_value_problems(name)]
    return causes


def _slice_port(port: Object, names: set[str], field: str) -> list[Cause]:
    name, causes = port.get("name", ""), []
    if name:
        causes += formats.dns_label(name, f"{field}.name")
    if name in names:
        causes.append(Cause.duplicate(f"{field}.name", quoted(name)))
    names.add(name)
    if port.get("port") is not None:
        causes += formats.port_number(port["port"], f"{field}.port")
    if port["protocol"] not in PROTOCOLS:
        causes.append(Cause.unsupported(f"{field}.protocol", quoted(port["protocol"]), PROTOCOLS))
    if port.get("appProtocol") is not None:
        causes += formats.qualified_name(port["appProtocol"], f"{field}.appProtocol")
    return causes


def _address(each: Object, field: str) -> list[Cause]:
    text = each.get("ip", "")
    causes = addresses.ip(text, f"{field}.ip")
    if each.get("hostname"):
        causes += formats.dns_label(each["hostname"], f"{field}.hostname")
    if "nodeName" in each:
        causes += formats.dns_subdomain(each["nodeName"], f"{field}.nodeName")
    found = addresses.address(text)
    if found is not None:
        return causes + addresses.special(found, text, f"{field}.ip")
    return [*causes, Cause.invalid(f"{field}.ip", quoted(text), "must be a valid IP address")]


def _port(port: Object, field: str, *, named: bool) -> list[Cause]:
    name, causes = port.get("name", ""), []
    if named and not name:
        causes.append(Cause.required(f"{field}.name"))
    elif name:
        causes += formats.dns_label(name, f"{field}.name")
    causes += formats.port_number(port.get("port", 0), f"{field}.port")
    if port["protocol"] not in PROTOCOLS:
        causes.append(Cause.unsupported(f"{field}.protocol", quoted(port["protocol"]), PROTOCOLS))
    if port.get("appProtocol") is not None:
        causes += formats.qualified_name(port["appProtocol"], f"{field}.appProtocol")
    return causes
