"""The Service's ports: number, name, protocol, and whether somebody listens on the target."""

from __future__ import annotations

import difflib

from graders.diagnosis.situation import Object, Situation
from graders.submission import printable
from graders.verdict import Diagnosis


def wrong_port(situation: Situation) -> Diagnosis | None:
    service, wanted = situation.service, situation.wanted
    if service is None or not wanted.port:
        return None
    ports = service["spec"].get("ports") or []
    number = next((each for each, port in enumerate(ports) if port["port"] == wanted.port), None)
    if number is None:
        if len(ports) != 1:
            has = ", ".join(str(port["port"]) for port in ports) or "none"
            cause = f"{situation.at('spec', 'ports')}{wanted.name} has no port {wanted.port}; it has: {has}."
            return Diagnosis("port", cause, f"Add `port: {wanted.port}`.")
        number = 0
    found = ports[number]
    where = ("spec", "ports", number)
    if found["protocol"] != wanted.protocol:
        cause = f"{situation.at(*where, 'protocol')}the port is {found['protocol']}; the Pods speak {wanted.protocol}."
        remedy = f"Write `protocol: {wanted.protocol}`, or leave it out: TCP is the default."
        return Diagnosis("protocol", cause, remedy)
    if found["port"] != wanted.port:
        cause = f"{situation.at(*where, 'port')}the port is {found['port']}; the task asks for {wanted.port}."
        return Diagnosis("port", cause, f"Write `port: {wanted.port}`.")
    if wanted.port_name and found.get("name", "") != wanted.port_name:
        name = printable(found.get("name", ""))
        shown = f"named {name}" if name else "without a name"
        cause = f"{situation.at(*where, 'name')}the port is {shown}; SRV records carry the name {wanted.port_name}."
        return Diagnosis("port-name", cause, f"Write `name: {wanted.port_name}`.")
    return _wrong_target(situation, found, number) or _others(situation, ports, number)


def _others(situation: Situation, ports: list[Object], number: int) -> Diagnosis | None:
    other = next((each for each in range(len(ports)) if each != number), None)
    if other is None:
        return None
    cause = f"{situation.at('spec', 'ports', other)}{situation.wanted.name} offers port {ports[other]['port']} too."
    return Diagnosis("other-port", cause, f"Offer {situation.wanted.port} alone.", final=False)


def _wrong_target(situation: Situation, port: Object, number: int) -> Diagnosis | None:
    """Only Pods are asked for: hand-made endpoints bring ports of their own."""
    wanted, target = situation.wanted, port.get("targetPort")
    where = situation.at("spec", "ports", number, "targetPort")
    pods = situation.wanted_pods
    if isinstance(target, str) and pods:
        offered = {
            each["name"]: each["containerPort"]
            for pod in pods
            for container in pod["spec"]["containers"]
            for each in container.get("ports") or ()
            if each.get("name")
        }
        if target not in offered:
            near = difflib.get_close_matches(target, offered, n=1, cutoff=0)
            has = ", ".join(f"{name} ({there})" for name, there in offered.items()) or "none with a name"
            cause = f"{where}no container port is named {printable(target)!r}; the Pods have: {has}."
            remedy = f"Write `targetPort: {near[0]}`." if near else "Write the port's number."
            return Diagnosis("target-port-name", cause, remedy)
        target = offered[target]
    for pod in pods:
        listening = sorted(situation.listening(pod))
        if target in listening:
            continue
        has = ", ".join(str(each) for each in listening) or "none"
        name = pod["metadata"]["name"]
        cause = f"{where}nobody listens on port {target} in the Pod {name}; it listens on: {has}."
        if target == wanted.target:
            return Diagnosis("not-listening", cause, f"Let its container listen on {target}.", final=False)
        remedy = f"Write `targetPort: {wanted.target or next(iter(listening), 'PORT')}`."
        return Diagnosis("target-port", cause, remedy)
    if pods and wanted.target and target != wanted.target:
        cause = f"{where}the port leads to {target}; the Pods serve the task's pages on {wanted.target}."
        return Diagnosis("target-port", cause, f"Write `targetPort: {wanted.target}`.")
    return None
