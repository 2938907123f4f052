"""Hand-made EndpointSlices of a Service without a selector."""

from __future__ import annotations

from graders.diagnosis.situation import Object, Situation, labels_of
from graders.submission import Document, printable
from graders.verdict import Diagnosis

SERVICE_NAME = "kubernetes.io/service-name"


def wrong_slice(situation: Situation) -> Diagnosis | None:
    wanted = situation.wanted
    if situation.service is None or not wanted.addresses:
        return None
    tied = [each for each in situation.slices if labels_of(each).get(SERVICE_NAME) == wanted.name]
    if not tied:
        return _untied(situation)
    document = _document(situation, tied[0])

    def at(*path: str | int) -> str:
        return f"{document.at(*path)}: " if document else ""

    name = tied[0]["metadata"]["name"]
    if any(each["addressType"] != "IPv4" for each in tied):
        cause = f"{at('addressType')}the slice {name} is of {tied[0]['addressType']}; the addresses are IPv4."
        return Diagnosis("slice-address-type", cause, "Write `addressType: IPv4`.")
    endpoints = [endpoint for each in tied for endpoint in each.get("endpoints") or ()]
    found = {address for endpoint in endpoints for address in endpoint["addresses"]}
    missing = sorted(set(wanted.addresses) - found)
    if not endpoints:
        cause = f"{at('endpoints')}the slice {name} has no endpoints."
        return Diagnosis("slice-without-addresses", cause, f"Give it the addresses {', '.join(wanted.addresses)}.")
    if missing:
        cause = f"{at('endpoints')}the slice {name} does not have {', '.join(missing)}."
        return Diagnosis("slice-addresses", cause, f"Add an endpoint for {', '.join(missing)}.")
    more = sorted(found - set(wanted.addresses))
    if more:
        cause = f"{at('endpoints')}the slice {name} has {', '.join(more)} too."
        return Diagnosis("slice-addresses", cause, "Leave only the addresses of the task.")
    for number, endpoint in enumerate(endpoints):
        if (endpoint.get("conditions") or {}).get("ready") is False:
            cause = f"{at('endpoints', number)}this endpoint says that it is not ready, so DNS leaves it out."
            return Diagnosis("slice-not-ready", cause, "Leave `conditions` out: what says nothing counts as ready.")
    return _wrong_port(situation, tied, at("ports"))


def _untied(situation: Situation) -> Diagnosis:
    name = situation.wanted.name
    documents = [each for each in situation.documents if each.content["kind"] == "EndpointSlice"]
    if not documents:
        cause = f"{situation.at('spec')}{name} has no selector, and no EndpointSlice says where it leads."
        return Diagnosis("no-slice", cause, "Write an EndpointSlice with the addresses.")
    document = documents[0]
    labels = (document.content.get("metadata") or {}).get("labels") or {}
    value = labels.get(SERVICE_NAME)
    remedy = f"Label it `{SERVICE_NAME}: {name}`: only that ties a slice to its Service, whatever its name is."
    if value is None:
        cause = (
            f"{document.at('metadata', 'labels')}: the slice has no label {SERVICE_NAME}, so it belongs to no Service."
        )
        return Diagnosis("slice-label", cause, remedy)
    where = document.at("metadata", "labels", SERVICE_NAME)
    return Diagnosis("slice-label", f"{where}: the slice belongs to a Service {printable(str(value))!r}.", remedy)


def _wrong_port(situation: Situation, slices: list[Object], where: str) -> Diagnosis | None:
    """A slice's port is tied to the Service's by its name."""
    wanted = situation.wanted
    if not wanted.port:
        return None
    ports = [port for each in slices for port in each.get("ports") or ()]
    if not ports:
        cause = f"{where}the slice has no ports, so there are no SRV records."
        return Diagnosis("slice-port", cause, f"Write the port {wanted.target}, named {wanted.port_name}.")
    names = sorted({port.get("name") or "" for port in ports})
    if names != [wanted.port_name]:
        shown = ", ".join(repr(printable(name)) for name in names)
        cause = f"{where}the slice's port is named {shown}; the Service's is named {wanted.port_name!r}."
        return Diagnosis("slice-port", cause, "Give both the same name: that is what ties them together.")
    numbers = sorted({port.get("port") or 0 for port in ports})
    if wanted.target and numbers != [wanted.target]:
        cause = f"{where}the slice's port is {numbers[0]}; the servers listen on {wanted.target}."
        return Diagnosis("slice-port", cause, f"Write `port: {wanted.target}`.")
    return None


def _document(situation: Situation, found: Object) -> Document | None:
    return next(
        (
            each
            for each in situation.documents
            if each.content["kind"] == "EndpointSlice" and each.name == found["metadata"]["name"]
        ),
        None,
    )
