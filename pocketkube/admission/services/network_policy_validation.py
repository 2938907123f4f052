"""Validation of NetworkPolicies: k8s.io/kubernetes/pkg/apis/networking/validation"""

from __future__ import annotations

import json

from pocketkube.admission import addresses
from pocketkube.admission.formats import PORT_RANGE, PROTOCOLS, label_selector, port_name, quoted
from pocketkube.errors import Cause
from pocketkube.store import Object


def network_policy(spec: Object) -> list[Cause]:
    causes = label_selector(spec["podSelector"], "spec.podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for number, rule in enumerate(spec.get(direction) or ()):
            field = f"spec.{direction}[{number}]"
            for index, port in enumerate(rule.get("ports") or ()):
                causes += _port(port, f"{field}.ports[{index}]")
            for index, peer in enumerate(rule.get(peers) or ()):
                causes += _peer(peer, f"{field}.{peers}[{index}]")
    types = spec["policyTypes"]
    if len(types) > 2:
        value = json.dumps(types, separators=(",", ":"))
        return [*causes, Cause.invalid("spec.policyTypes", value, "may not specify more than two policyTypes")]
    for number, each in enumerate(types):
        if each not in ("Ingress", "Egress"):
            causes.append(Cause.unsupported(f"spec.policyTypes[{number}]", quoted(each), ["Egress", "Ingress"]))
    return causes


def _port(port: Object, field: str) -> list[Cause]:
    number, last = port.get("port"), port.get("endPort")
    causes = []
    if port["protocol"] not in PROTOCOLS:
        causes.append(Cause.unsupported(f"{field}.protocol", quoted(port["protocol"]), PROTOCOLS))
    if isinstance(number, str):
        if last is not None:
            what = "may not be specified when `port` is non-numeric"
            causes.append(Cause.invalid(f"{field}.endPort", str(last), what))
        return causes + port_name(number, f"{field}.port")
    if number is None:
        if last is not None:
            what = "may not be specified when `port` is not specified"
            causes.append(Cause.invalid(f"{field}.endPort", str(last), what))
        return causes
    if not 1 <= number <= 65535:
        causes.append(Cause.invalid(f"{field}.port", str(number), PORT_RANGE))
    if last is not None and last < number:
        causes.append(Cause.invalid(f"{field}.endPort", str(number), "must be greater than or equal to `port`"))
    if last is not None and not 1 <= last <= 65535:
        causes.append(Cause.invalid(f"{field}.endPort", str(last), PORT_RANGE))
    return causes


def _peer(peer: Object, field: str) -> list[Cause]:
    causes = []
    for each in ("podSelector", "namespaceSelector"):
        if each in peer:
            causes += label_selector(peer[each], f"{field}.{each}")
    if not peer:
        causes.append(Cause.required(field, "must specify a peer"))
    if "ipBlock" in peer:
        causes += _block(peer["ipBlock"], f"{field}.ipBlock")
        if len(peer) > 1:
            causes.append(Cause.forbidden(field, "may not specify both ipBlock and another peer"))
    return causes


def _block(block: Object, field: str) -> list[Cause]:
    if not block.get("cidr"):
        return [Cause.required(f"{field}.cidr")]
    whole, causes = addresses.network(block["cidr"]), addresses.cidr(block["cidr"], f"{field}.cidr")
    if whole is None:
        return causes
    for number, text in enumerate(block.get("except") or ()):
        where, part = f"{field}.except[{number}]", addresses.network(text)
        causes += addresses.cidr(text, where)
        if part is not None and (part.network_address not in whole or whole.prefixlen >= part.prefixlen):
            causes.append(Cause.invalid(where, quoted(text), "must be a strict subset of `cidr`"))
    return causes
