"""The Service itself: is it there, under that name, in that namespace, and of the right kind?"""

from __future__ import annotations

import difflib

from graders.diagnosis.situation import Situation
from graders.submission import printable
from graders.verdict import Diagnosis


def missing(situation: Situation) -> Diagnosis | None:
    if situation.service is not None:
        return None
    name = situation.wanted.name
    if situation.elsewhere:
        other = situation.elsewhere[0]
        cause = f"{situation.at('metadata', 'namespace')}the Service {name} is in the namespace {other}, not here."
        remedy = "Leave metadata.namespace out: a Service selects Pods of its own namespace only, and is found there."
        return Diagnosis("other-namespace", cause, remedy)
    candidates = [each.name for each in situation.services if each.name not in situation.others]
    near = difflib.get_close_matches(name, candidates, n=1)
    if near:
        document = next(each for each in situation.services if each.name == near[0])
        cause = f"{document.at('metadata', 'name')}: this Service is named {printable(near[0])}."
        return Diagnosis("wrong-name", cause, f"Name it {name}: clients look for that name.")
    cause = f"There is no Service {name} in the submission."
    if candidates:
        remedy = f"Name it so if it is {printable(' or '.join(candidates))} that is meant, or write its manifest."
        return Diagnosis("no-service", cause, remedy)
    return Diagnosis("no-service", cause, "Write its manifest.")


def wrong_kind(situation: Situation) -> Diagnosis | None:
    service, wanted = situation.service, situation.wanted
    if service is None:
        return None
    spec = service["spec"]
    found = "headless" if spec.get("clusterIP") == "None" else spec["type"]
    if found == wanted.kind:
        return None
    name = wanted.name
    if found == "ExternalName":
        cause = f"{situation.at('spec', 'type')}{name} is an ExternalName: an alias in DNS, without Pods or address."
        return Diagnosis("is-external-name", cause, f"Make it {_described(wanted.kind)}.")
    if wanted.kind == "headless":
        cause = f"{situation.at('spec')}{name} has the cluster IP {spec.get('clusterIP')}; a headless Service has none."
        remedy = "Set `clusterIP: None` under spec. (A clusterIP cannot be changed in place: delete the Service first.)"
        return Diagnosis("not-headless", cause, remedy)
    if found == "headless":
        mapped = f" nothing maps port {wanted.port} to {wanted.target}" if wanted.port else " it has no address"
        cause = f"{situation.at('spec', 'clusterIP')}{name} is headless:{mapped}, clients meet the Pods themselves."
        return Diagnosis("is-headless", cause, f"Make it {_described(wanted.kind)}.")
    cause = f"{situation.at('spec', 'type')}{name} is of type {spec['type']}."
    return Diagnosis(f"not-{wanted.kind.lower()}", cause, f"Make it {_described(wanted.kind)}.")


def _described(kind: str) -> str:
    return {
        "ClusterIP": "an ordinary Service: leave out `clusterIP` and `type`, or write `type: ClusterIP`",
        "NodePort": "a NodePort Service: write `type: NodePort` and leave out `clusterIP`",
        "ExternalName": "an alias: write `type: ExternalName` and `externalName`",
        "headless": "headless: write `clusterIP: None` and leave out `type`",
    }[kind]
