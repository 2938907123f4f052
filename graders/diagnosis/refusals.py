"""The API server refused the submission: what its words mean, and what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

from graders.diagnosis.situation import Situation
from graders.submission import Document, printable
from graders.verdict import Diagnosis

# The fields that students misspell, as the Service and EndpointSlice of Kubernetes have them.
FIELDS = (
    *("apiVersion", "kind", "metadata", "spec", "name", "labels", "annotations", "namespace"),
    *("clusterIP", "clusterIPs", "externalName", "externalTrafficPolicy", "internalTrafficPolicy", "ports", "selector"),
    *("sessionAffinity", "type", "port", "targetPort", "nodePort", "protocol", "publishNotReadyAddresses"),
    *(
        "addressType",
        "endpoints",
        "addresses",
        "conditions",
        "hostname",
        "ready",
        "replicas",
        "template",
        "serviceName",
    ),
)
Explain = Callable[[Situation, Document, re.Match[str]], tuple[str, str, tuple[str | int, ...]]]


def refused(situation: Situation) -> Diagnosis | None:
    """The refusal of the wanted Service, or of what belongs to it: the first row that fits explains it."""
    for document in sorted(situation.documents, key=lambda each: each.name != situation.wanted.name):
        message = situation.refusals.get(document.where)
        if message is None or (document.content["kind"] == "Service" and situation.service is not None):
            continue
        for pattern, explain in ROWS:
            match = re.search(pattern, message)
            if match:
                code, remedy, path = explain(situation, document, match)
                return Diagnosis(code, _said(document.at(*path), message), remedy)
        return Diagnosis("refused", _said(document.where, message), "Change the manifest so that it is accepted.")
    return None


def _said(where: str, message: str) -> str:
    return f"{where}: the API server refused this: {printable(message).rstrip('.')}."


def _path(text: str) -> tuple[str | int, ...]:
    """`spec.ports[0].port` as a path."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", text))


def _unknown_field(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    path = _path(match[1])
    field = str(path[-1])
    by_case = [known for known in FIELDS if known.lower() == field.lower()]
    near = by_case or difflib.get_close_matches(field, FIELDS, n=1)
    if field == "matchLabels":
        return _match_labels(_, __, match)
    remedy = f"Write `{near[0]}`: names of fields are spelled exactly." if near else "Take it out, or indent it right."
    return "unknown-field", remedy, path


def _match_labels(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    remedy = "A Service's selector has no `matchLabels`: write the labels directly under `selector`."
    return "match-labels", remedy, ("spec", "selector")


def _wrong_type(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    found, field, wanted = match[1], match[2].rpartition(".")[2], match[3]
    meant = {"int32": "a number without quotes", "string": "text: put it in quotes", "bool": "true or false"}
    path = _path(match[2].partition(".")[2])
    return "wrong-type", f"`{field}` wants {meant.get(wanted, f'a {wanted}')}, not a {found}.", path


def _cluster_ip(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    found = printable(match[1])
    if found.strip().lower() == "none":
        return "none-spelled", f"Write `clusterIP: None`, with a capital N, not {found!r}.", ("spec", "clusterIP")
    remedy = "Leave clusterIP out: the cluster gives an address. Or write `None` for a headless Service."
    return "cluster-ip-value", remedy, ("spec", "clusterIP")


def _headless_type(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    remedy = f"A headless Service cannot be a {match[1]}: it has no address to map ports to. Leave out one of the two."
    return "headless-node-port", remedy, ("spec", "clusterIP")


def _type(situation: Situation, _: Document, __: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    if situation.wanted.kind == "headless":
        remedy = "There is no such type. A headless Service is a ClusterIP Service with `clusterIP: None`."
    else:
        remedy = f"There is no such type. Write `type: {situation.wanted.kind}`."
    return "unknown-type", remedy, ("spec", "type")


def _immutable(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    remedy = "A Service's clusterIP stays what it was: delete the Service first, then apply again."
    return "immutable-cluster-ip", remedy, ("spec", "clusterIP")


def _port_name(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "port-name-missing", "Give each port a name: with several ports every one needs it.", _path(match[1])


def _duplicate(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "duplicate", "Give each its own name, and each pair of port and protocol only once.", _path(match[1])


def _external_name(_: Situation, document: Document, __: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    value = str((document.content.get("spec") or {}).get("externalName") or "")
    path = ("spec", "externalName")
    if not value:
        return "external-name-missing", "Write the name that this Service stands for: `externalName: NAME`.", path
    if "/" in value or ":" in value:
        remedy = "externalName is a DNS name, not a URL: leave out the scheme, the port and the path."
        return "external-name-url", remedy, path
    return "external-name-value", "externalName is a DNS name in lower case, such as example.com.", path


def _external_cluster_ip(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    remedy = "Leave clusterIP out: an ExternalName Service is an alias and has no address."
    return "external-name-cluster-ip", remedy, ("spec", "clusterIP")


def _protocol(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "unknown-protocol", "Write TCP, UDP or SCTP, in capitals.", _path(match[1])


def _number(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "port-range", "A port is a number from 1 to 65535.", _path(match[1])


def _target_name(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    remedy = "A targetPort is a number without quotes, or the name of a container's port, which has a letter in it."
    return "target-port-value", remedy, _path(match[1])


def _node_port(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "node-port-value", "Leave nodePort out: one that is free is allocated.", _path(match[1])


def _no_ports(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "no-ports", "Write the ports that this Service offers: only a headless one may have none.", ("spec",)


def _no_addresses(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "slice-without-addresses", "Give each endpoint its addresses: `- addresses: [192.0.2.1]`.", _path(match[1])


def _address(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "slice-address", "Write an IP address, as `addressType` says.", _path(match[1])


def _address_type(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "slice-address-type", "Write `addressType: IPv4`, beside `endpoints`.", ("addressType",)


def _template_labels(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    remedy = "Give the Pod template the labels that spec.selector.matchLabels asks for."
    return "template-labels", remedy, ("spec", "template", "metadata", "labels")


def _name(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    return "invalid-name", "Use lower case letters, digits and `-`.", ("metadata", "name")


def _no_such_kind(_: Situation, document: Document, __: re.Match[str]) -> tuple[str, str, tuple[str | int, ...]]:
    versions = {
        "Service": "v1",
        "ConfigMap": "v1",
        "Deployment": "apps/v1",
        "StatefulSet": "apps/v1",
        "EndpointSlice": "discovery.k8s.io/v1",
    }
    kind = str(document.content["kind"])
    remedy = f"Write `apiVersion: {versions[kind]}`." if kind in versions else "Write the apiVersion of this kind."
    return "api-version", remedy, ("apiVersion",)


ROWS: tuple[tuple[str, Explain], ...] = (
    (r'unknown field "([^"]+)"', _unknown_field),
    (r"cannot unmarshal object into Go struct field \S*selector of type string", _match_labels),
    (r"cannot unmarshal (\w+) into Go struct field (\S+) of type (\w+)", _wrong_type),
    (r"spec\.clusterIPs\[0\]: Invalid value: .* may not change once set", _immutable),
    (r"may not be set to 'None' for (\w+) services", _headless_type),
    (r'spec\.clusterIPs\[0\]: Invalid value: "([^"]*)"', _cluster_ip),
    (r"spec\.clusterIPs: Forbidden: may not be set for ExternalName", _external_cluster_ip),
    (r"spec\.type: Unsupported value", _type),
    (r"(spec\.ports\[\d+\]\.name): Required value", _port_name),
    (r"(spec\.ports\[\d+\](?:\.\w+)?): Duplicate value", _duplicate),
    (r"spec\.externalName: ", _external_name),
    (r"(spec\.ports\[\d+\]\.protocol): Unsupported value", _protocol),
    (r"(spec\.ports\[\d+\]\.nodePort): ", _node_port),
    (r"(spec\.ports\[\d+\]\.targetPort): Invalid value: \"", _target_name),
    (r"(spec\.ports\[\d+\]\.\w+): Invalid value: -?\d+: must be between", _number),
    (r"spec\.ports: Required value", _no_ports),
    (r"(endpoints\[\d+\]\.addresses): Required value", _no_addresses),
    (r"(endpoints\[\d+\]\.addresses\[\d+\]): Invalid value", _address),
    (r"addressType: (?:Required|Unsupported) value", _address_type),
    (r"spec\.template\.metadata\.labels: Invalid value", _template_labels),
    (r"metadata\.name: Invalid value", _name),
    (r"no matches for kind|could not find the requested resource", _no_such_kind),
)
