"""The API server refused the submission: what its words mean, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from graders.diagnosis.fields import Path, unknown_field
from graders.diagnosis.situation import Situation
from graders.observe import is_ready
from graders.submission import Document, printable
from graders.verdict import Diagnosis

# What a type of Go is in a manifest, as it is wanted and as it is found.
WANTED = (
    (r"int\d+$", "a whole number without quotes"),
    (r"bool$", "true or false"),
    (r"string$", "text"),
    (r"int-or-string$", "a number, or the name of a container's port"),
    (r"\[\]", "a list"),
    (r"", "a mapping"),  # map[string]string, or v1.ServiceSpec
)
FOUND: dict[str, tuple[str, tuple[type, ...]]] = {
    "array": ("a list", (list,)),
    "bool": ("true or false", (bool,)),
    "null": ("nothing", (type(None),)),
    "number": ("a number", (int, float)),
    "object": ("a mapping", (dict,)),
    "string": ("text", (str,)),
}
Explain = Callable[[Situation, Document, re.Match[str]], tuple[str, str, Path]]


def refused(situation: Situation) -> Diagnosis | None:
    """The refusal of the wanted Service, or of what belongs to it: the first row that fits explains it."""
    for document in sorted(situation.documents, key=lambda each: each.name != situation.wanted.name):
        message = situation.refusals.get(document.where)
        if message is None or not _belongs(situation, document):
            continue
        for pattern, explain in ROWS:
            match = re.search(pattern, message)
            if match:
                code, remedy, path = explain(situation, document, match)
                return Diagnosis(code, _said(document.at(*path), message), remedy)
    return None


def _belongs(situation: Situation, document: Document) -> bool:
    """Whether its refusal can be why the Service is not as it is wanted."""
    wanted = situation.wanted
    kind = document.content["kind"]
    if situation.service is None or kind == "Service":
        return situation.service is None and kind == "Service" and document.name not in situation.others
    if kind in ("EndpointSlice", "Endpoints"):
        return bool(wanted.addresses)
    if kind == "StatefulSet" and wanted.stateful_set:
        return True
    pods = situation.wanted_pods
    return bool(wanted.pods) and not (pods and all(is_ready(pod) for pod in pods))


def _said(where: str, message: str) -> str:
    return f"{where}: the API server refused this: {printable(message).rstrip('.')}."


def _path(text: str) -> Path:
    """`spec.ports[0].port` as a path."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", text))


def _unknown_field(_: Situation, document: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    path = _path(match[1])
    if document.content["kind"] == "Service" and path[-1] == "matchLabels":
        return _match_labels(_, document, match)
    return *unknown_field(str(document.content["kind"]), path), path


def _selector_value(_: Situation, document: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    if "matchLabels" in document.content["spec"]["selector"]:
        return _match_labels(_, document, match)
    return "wrong-type", "Each label of `selector` wants text, not a mapping.", ("spec", "selector")


def _match_labels(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, Path]:
    remedy = "A Service's selector has no `matchLabels`: write the labels directly under `selector`."
    return "match-labels", remedy, ("spec", "selector")


def _wrong_type(_: Situation, document: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    kind, number, field, go_type = match.groups()
    names = field.split(".")[1:]
    found, types = FOUND[kind]
    path = next(_places(document.content, tuple(names), types), tuple(names))
    wanted = next(meaning for pattern, meaning in WANTED if re.match(pattern, go_type))
    what = f"Each entry of `{names[-1]}`" if isinstance(path[-1], int) else f"`{printable(path[-1])}`"
    quotes = ": put it in quotes" if wanted == "text" and kind in ("bool", "number") else ""
    return "wrong-type", f"{what} wants {wanted}, not {number or found}{quotes}.", path


def _places(value: Any, names: tuple[str, ...], types: tuple[type, ...], at: Path = ()) -> Iterator[Path]:
    """Where values of these types stand under the names, which Go gives without the numbers of lists' entries.

    A mapping such as `labels` has the value under one of its own keys.
    """
    if isinstance(value, list) and (names or list not in types):
        for number, each in enumerate(value):
            yield from _places(each, names, types, (*at, number))
    elif names and isinstance(value, dict):
        yield from _places(value.get(names[0]), names[1:], types, (*at, names[0]))
    elif not names and isinstance(value, dict) and dict not in types:
        for key, each in value.items():
            yield from _places(each, (), types, (*at, key))
    elif not names and isinstance(value, types):
        yield at


def _cluster_ip(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    found = printable(match[1])
    if found.strip().lower() == "none":
        return "none-spelled", f"Write `clusterIP: None`, with a capital N, not {found!r}.", ("spec", "clusterIP")
    remedy = "Leave clusterIP out: the cluster gives an address. Or write `None` for a headless Service."
    return "cluster-ip-value", remedy, ("spec", "clusterIP")


def _headless_type(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    remedy = f"A headless Service cannot be a {match[1]}: it has no address to map ports to. Leave out one of the two."
    return "headless-node-port", remedy, ("spec", "clusterIP")


def _type(situation: Situation, _: Document, __: re.Match[str]) -> tuple[str, str, Path]:
    if situation.wanted.kind == "headless":
        remedy = "There is no such type. A headless Service is a ClusterIP Service with `clusterIP: None`."
    else:
        remedy = f"There is no such type. Write `type: {situation.wanted.kind}`."
    return "unknown-type", remedy, ("spec", "type")


def _immutable(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, Path]:
    remedy = "A Service's clusterIP stays what it was: delete the Service first, then apply again."
    return "immutable-cluster-ip", remedy, ("spec", "clusterIP")


def _port_name(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "port-name-missing", "Give each port a name: with several ports every one needs it.", _path(match[1])


def _duplicate(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "duplicate", "Give each its own name, and each pair of port and protocol only once.", _path(match[1])


def _external_name(_: Situation, document: Document, __: re.Match[str]) -> tuple[str, str, Path]:
    value = str((document.content.get("spec") or {}).get("externalName") or "")
    path = ("spec", "externalName")
    if not value:
        return "external-name-missing", "Write the name that this Service stands for: `externalName: NAME`.", path
    if "/" in value or ":" in value:
        remedy = "externalName is a DNS name, not a URL: leave out the scheme, the port and the path."
        return "external-name-url", remedy, path
    return "external-name-value", "externalName is a DNS name in lower case, such as example.com.", path


def _external_cluster_ip(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, Path]:
    remedy = "Leave clusterIP out: an ExternalName Service is an alias and has no address."
    return "external-name-cluster-ip", remedy, ("spec", "clusterIP")


def _protocol(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "unknown-protocol", "Write TCP, UDP or SCTP, in capitals.", _path(match[1])


def _number(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "port-range", "A port is a number from 1 to 65535.", _path(match[1])


def _target_name(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    remedy = "A targetPort is a number without quotes, or the name of a container's port, which has a letter in it."
    return "target-port-value", remedy, _path(match[1])


def _node_port(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "node-port-value", "Leave nodePort out: one that is free is allocated.", _path(match[1])


def _no_ports(situation: Situation, _: Document, __: re.Match[str]) -> tuple[str, str, Path]:
    if situation.wanted.kind == "ExternalName":
        return "no-type", "Write `type: ExternalName`: only then a Service is an alias, without ports.", ("spec",)
    return "no-ports", "Write the ports that this Service offers: only a headless one may have none.", ("spec",)


def _no_addresses(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "slice-without-addresses", "Give each endpoint its addresses: `- addresses: [192.0.2.1]`.", _path(match[1])


def _address(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "slice-address", "Write an IP address, as `addressType` says.", _path(match[1])


def _address_type(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, Path]:
    return "slice-address-type", "Write `addressType: IPv4`, beside `endpoints`.", ("addressType",)


def _template_labels(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, Path]:
    remedy = "Give the Pod template the labels that spec.selector.matchLabels asks for."
    return "template-labels", remedy, ("spec", "template", "metadata", "labels")


def _name(_: Situation, __: Document, ___: re.Match[str]) -> tuple[str, str, Path]:
    return "invalid-name", "Use lower case letters, digits and `-`.", ("metadata", "name")


def _no_name(situation: Situation, document: Document, _: re.Match[str]) -> tuple[str, str, Path]:
    name = situation.wanted.name if document.content["kind"] == "Service" else "NAME"
    return "name-missing", f"Give it a name: `name: {name}` under `metadata`.", ("metadata",)


def _too_long(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "too-long", f"Make it shorter: {match[2]} characters at most.", _path(match[1])


def _port_name_value(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "port-name-value", "A port's name has lower case letters, digits and `-`, as `http` has.", _path(match[1])


def _label(_: Situation, document: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    """The API server shows the label's key or its value, and not which label it is."""
    path = _path(match[1])
    labels: Any = document.content
    for part in path:
        labels = labels.get(part) or {}
    key = next((key for key, value in labels.items() if match[2] in (key, value)), "")
    remedy = "A label has letters, digits, `-`, `_` and `.`, and begins and ends with a letter or a digit."
    return "label-value", remedy, (*path, key)


def _cluster_ips(_: Situation, document: Document, __: re.Match[str]) -> tuple[str, str, Path]:
    field = "clusterIPs" if "clusterIPs" in (document.content.get("spec") or {}) else "clusterIP"
    remedy = "Leave clusterIPs out: the cluster fills it in. A headless Service has `clusterIP: None`."
    return "cluster-ips", remedy, ("spec", field)


def _port_type(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    """Of a field that is a number or text the API server does not say which it is."""
    return "wrong-type", f"A port is a number, or the name of a container's port, not {FOUND[match[1]][0]}.", ()


def _unsupported(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "unsupported-value", "Write one of the supported values.", _path(match[1])


def _required(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    path = _path(match[1])
    return "required-field", f"Write `{path[-1]}`: it may not be left out.", path


def _otherwise(_: Situation, __: Document, match: re.Match[str]) -> tuple[str, str, Path]:
    return "refused", "Change the manifest so that it is accepted.", _path(match[1] or "")


def _no_such_kind(_: Situation, document: Document, __: re.Match[str]) -> tuple[str, str, Path]:
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


FIELD = r"([\w.\[\]]+)"  # the path of a field, as the API server writes it
ROWS: tuple[tuple[str, Explain], ...] = (
    (r'unknown field "([^"]+)"', _unknown_field),
    (r"cannot unmarshal object into Go struct field \S*selector of type string", _selector_value),
    (
        r"cannot unmarshal (array|bool|null|number|object|string)(?: (\S+))? into Go struct field (\S+) of type (\S+)",
        _wrong_type,
    ),
    (r"cannot unmarshal (array|bool|object) into Go value of type int32", _port_type),
    (r"spec\.clusterIPs\[0\]: Invalid value: .* may not change once set", _immutable),
    (r"may not be set to 'None' for (\w+) services", _headless_type),
    (r'spec\.clusterIPs\[0\]: Invalid value: "([^"]*)"', _cluster_ip),
    (r"spec\.clusterIPs: Forbidden: may not be set for ExternalName", _external_cluster_ip),
    (r"spec\.clusterIPs(?:\[\d+\])?: Invalid value", _cluster_ips),
    (r"spec\.type: Unsupported value", _type),
    (rf'{FIELD}: (?:Invalid value: "[^"]*"|Too long): (?:must be no|may not be) more than (\d+)', _too_long),
    (r"([\w.\[\]]*ports\[\d+\]\.name): Required value", _port_name),
    (r"([\w.\[\]]*ports\[\d+\](?:\.\w+)?): Duplicate value", _duplicate),
    (r"([\w.\[\]]*ports\[\d+\]\.name): Invalid value", _port_name_value),
    (r"spec\.externalName: ", _external_name),
    (r"([\w.\[\]]*ports\[\d+\]\.protocol): Unsupported value", _protocol),
    (r"(spec\.ports\[\d+\]\.nodePort): ", _node_port),
    (r"(spec\.ports\[\d+\]\.targetPort): Invalid value: \"", _target_name),
    (rf"{FIELD}: Invalid value: -?\d+: must be between 1 and 65535", _number),
    (r"spec\.ports: Required value", _no_ports),
    (r"(endpoints\[\d+\]\.addresses): Required value", _no_addresses),
    (r"(endpoints\[\d+\]\.addresses\[\d+\]): Invalid value", _address),
    (r"addressType: (?:Required|Unsupported) value", _address_type),
    (r"metadata\.name: Invalid value", _name),
    (r"metadata\.name: Required value", _no_name),
    (r'([\w.]*(?:labels|matchLabels|selector)): Invalid value: "([^"]*)"', _label),
    (rf"{FIELD}: Unsupported value", _unsupported),
    (rf"{FIELD}: Required value", _required),
    (r"spec\.template\.metadata\.labels: Invalid value", _template_labels),
    (r"no matches for kind|could not find the requested resource", _no_such_kind),
    (rf"^(?:.*? is invalid: \[?{FIELD}: )?", _otherwise),
)
