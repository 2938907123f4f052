"""Hand-made EndpointSlices of a Service without a selector.

What the submission says of them counts, not what is in the cluster: checks change the slices there, and back again.
"""

from __future__ import annotations

from graders.diagnosis.situation import Situation
from graders.submission import Document, printable
from graders.verdict import Diagnosis

SERVICE_NAME = "kubernetes.io/service-name"


def wrong_slice(situation: Situation) -> Diagnosis | None:
    wanted = situation.wanted
    if situation.service is None or not wanted.addresses:
        return None
    slices = [each for each in situation.documents if each.content["kind"] == "EndpointSlice"]
    if not slices:
        cause = f"{situation.at('spec')}{wanted.name} has no selector, and no EndpointSlice says where it leads."
        return Diagnosis("no-slice", cause, "Write an EndpointSlice with the addresses.")
    tied = [each for each in slices if _service_of(each) == wanted.name]
    astray = [each for each in slices if each not in tied and (not tied or _has_one_of(each, wanted.addresses))]
    if astray:
        return _untied(situation, astray[0])
    for each in tied:
        kind = each.content["addressType"]
        if kind != "IPv4":
            cause = f"{each.at('addressType')}: the slice {each.name} is of {kind}; the addresses are IPv4."
            return Diagnosis("slice-address-type", cause, "Write `addressType: IPv4`.")
    return _wrong_addresses(situation, tied) or _wrong_port(situation, tied)


def _wrong_addresses(situation: Situation, slices: list[Document]) -> Diagnosis | None:
    wanted = situation.wanted.addresses
    endpoints = [
        (each, number, endpoint)
        for each in slices
        for number, endpoint in enumerate(each.content.get("endpoints") or ())
    ]
    where, name = slices[0].at("endpoints"), slices[0].name
    if not endpoints:
        cause = f"{where}: the slice {name} has no endpoints."
        return Diagnosis("slice-without-addresses", cause, f"Give it the addresses {', '.join(wanted)}.")
    found = {address for _, _, endpoint in endpoints for address in endpoint["addresses"]}
    missing = sorted(set(wanted) - found)
    if missing:
        cause = f"{where}: the slice {name} does not have {', '.join(missing)}."
        return Diagnosis("slice-addresses", cause, f"Add an endpoint for {', '.join(missing)}.")
    for each, number, endpoint in endpoints:
        more = sorted(set(endpoint["addresses"]) - set(wanted))
        if more:
            cause = f"{each.at('endpoints', number)}: the slice {each.name} has {', '.join(more)} too."
            return Diagnosis("slice-addresses", cause, "Leave only the addresses of the task.")
        if (endpoint.get("conditions") or {}).get("ready") is False:
            where = each.at("endpoints", number)
            cause = f"{where}: this endpoint says that it is not ready, so DNS leaves it out."
            return Diagnosis("slice-not-ready", cause, "Leave `conditions` out: what says nothing counts as ready.")
    return None


def _has_one_of(document: Document, addresses: tuple[str, ...]) -> bool:
    endpoints = document.content.get("endpoints") or ()
    return any(address in addresses for endpoint in endpoints for address in endpoint["addresses"])


def _untied(situation: Situation, document: Document) -> Diagnosis:
    value = _service_of(document)
    name = situation.wanted.name
    remedy = f"Label it `{SERVICE_NAME}: {name}`: only that ties a slice to its Service, whatever its name is."
    if value is None:
        where = document.at("metadata", "labels")
        cause = f"{where}: the slice has no label {SERVICE_NAME}, so it belongs to no Service."
        return Diagnosis("slice-label", cause, remedy)
    where = document.at("metadata", "labels", SERVICE_NAME)
    return Diagnosis("slice-label", f"{where}: the slice belongs to a Service {printable(value)!r}.", remedy)


def _wrong_port(situation: Situation, slices: list[Document]) -> Diagnosis | None:
    """A slice's port is tied to the Service's by its name."""
    wanted, service = situation.wanted, situation.service
    if service is None or not wanted.port:
        return None
    named = [str(port.get("name") or "") for port in service["spec"].get("ports") or ()]
    for each in slices:
        ports = each.content.get("ports") or []
        if not ports:
            cause = f"{each.at('ports')}: the slice has no ports, so there are no SRV records."
            remedy = f"Write the port {wanted.target}, named {wanted.port_name}."
            return Diagnosis("slice-port", cause, remedy)
        for number, port in enumerate(ports):
            name, protocol = str(port.get("name") or ""), port.get("protocol") or "TCP"
            if name not in named:
                cause = f"{each.at('ports', number, 'name')}: the slice's port {_called(name)}; the Service's "
                cause += f"{_called(named[0])}." if named else "are none."
                remedy = "Give both the same name: that is what ties them together."
                return Diagnosis("slice-port", cause, remedy)
            if protocol != wanted.protocol:
                cause = f"{each.at('ports', number, 'protocol')}: the slice's port is {protocol}; "
                cause += f"the servers speak {wanted.protocol}."
                remedy = f"Write `protocol: {wanted.protocol}`, or leave it out: TCP is the default."
                return Diagnosis("slice-protocol", cause, remedy)
            if wanted.target and port.get("port") != wanted.target:
                cause = f"{each.at('ports', number, 'port')}: the slice's port is {port.get('port') or 'none'}; "
                cause += f"the servers listen on {wanted.target}."
                return Diagnosis("slice-port", cause, f"Write `port: {wanted.target}`.")
    return None


def _called(name: str) -> str:
    return f"is named {printable(name)!r}" if name else "has no name"


def _service_of(document: Document) -> str | None:
    labels = (document.content.get("metadata") or {}).get("labels") or {}
    value = labels.get(SERVICE_NAME)
    return None if value is None else str(value)
