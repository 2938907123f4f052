"""The StatefulSet whose Pods get their names from the Service."""

from __future__ import annotations

from graders.diagnosis.situation import Situation
from graders.submission import printable
from graders.verdict import Diagnosis


def wrong_stateful_set(situation: Situation) -> Diagnosis | None:
    wanted = situation.wanted
    if wanted.stateful_set is None or situation.service is None:
        return None
    name, replicas = wanted.stateful_set
    sets = [each for each in situation.documents if each.content["kind"] == "StatefulSet"]
    document = next((each for each in sets if each.name == name), sets[0] if sets else None)
    if document is None:
        return Diagnosis("no-stateful-set", f"There is no StatefulSet {name} in the submission.", "Write its manifest.")
    if document.name != name:
        cause = f"{document.at('metadata', 'name')}: this StatefulSet is named {printable(document.name)}."
        return Diagnosis("stateful-set-name", cause, f"Name it {name}: its Pods are named after it.")
    spec = document.content.get("spec") or {}
    if spec.get("serviceName") != wanted.name:
        found = printable(str(spec.get("serviceName") or "nothing"))
        cause = f"{document.at('spec', 'serviceName')}: serviceName is {found}, so DNS has no names of the Pods there."
        return Diagnosis("service-name", cause, f"Write `serviceName: {wanted.name}`: the Service of the task.")
    asked = 1 if spec.get("replicas") is None else spec["replicas"]
    if asked != replicas:
        cause = f"{document.at('spec', 'replicas')}: replicas is {asked}."
        return Diagnosis("replicas", cause, f"Write `replicas: {replicas}`.")
    first = (spec.get("ordinals") or {}).get("start")
    if first:
        cause = f"{document.at('spec', 'ordinals', 'start')}: the ordinals begin with {first}: the first Pod is "
        return Diagnosis("ordinals", f"{cause}{name}-{first}.", f"Leave `ordinals` out: the first Pod is {name}-0.")
    return None
