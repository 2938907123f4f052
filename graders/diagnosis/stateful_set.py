"""The StatefulSet whose Pods get their names from the Service."""

from __future__ import annotations

from graders.diagnosis.situation import Situation, listed
from graders.submission import printable
from graders.verdict import Diagnosis


def wrong_stateful_set(situation: Situation) -> Diagnosis | None:
    wanted = situation.wanted
    if wanted.stateful_set is None or situation.service is None:
        return None
    name, replicas = wanted.stateful_set
    document = next((each for each in situation.documents if each.content["kind"] == "StatefulSet"), None)
    if document is None:
        return Diagnosis("no-stateful-set", f"There is no StatefulSet {name} in the submission.", "Write its manifest.")
    if document.name != name:
        cause = f"{document.at('metadata', 'name')}: this StatefulSet is named {printable(document.name)}."
        return Diagnosis("stateful-set-name", cause, f"Name it {name}: its Pods are named after it.")
    spec = document.content.get("spec") or {}
    if spec.get("serviceName") != wanted.name:
        found = printable(str(spec.get("serviceName", "nothing")))
        cause = f"{document.at('spec', 'serviceName')}: serviceName is {found}, so DNS has no names of the Pods there."
        return Diagnosis("service-name", cause, f"Write `serviceName: {wanted.name}`: the Service of the task.")
    if spec.get("replicas", 1) != replicas:
        cause = f"{document.at('spec', 'replicas')}: replicas is {printable(str(spec.get('replicas', 1)))}."
        return Diagnosis("replicas", cause, f"Write `replicas: {replicas}`.")
    template = (spec.get("template") or {}).get("metadata") or {}
    labels = template.get("labels") or {}
    if not wanted.pods.items() <= labels.items():
        where = document.at("spec", "template", "metadata", "labels")
        cause = f"{where}: the Pods get the labels {printable(listed(labels)) or 'none'}; the Service asks for others."
        return Diagnosis("pod-labels", cause, f"Give them {listed(wanted.pods)}.")
    return None
