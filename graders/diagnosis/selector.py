"""The Service's selector: which Pods it means, and which it finds."""

from __future__ import annotations

import difflib

from graders.diagnosis.situation import Object, Situation, has_labels, labels_of, listed, names
from graders.submission import printable
from graders.verdict import Diagnosis

# Labels that controllers give a Pod: they differ from Pod to Pod, or change with each version.
NOISE = (
    *("pod-template-hash", "controller-revision-hash"),
    *("statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"),
)


def wrong_selector(situation: Situation) -> Diagnosis | None:
    service, wanted = situation.service, situation.wanted
    if service is None or wanted.kind == "ExternalName":
        return None
    selector: dict[str, str] = service["spec"].get("selector") or {}
    if not wanted.pods:
        return _unwanted(situation, selector)
    asked = listed(wanted.pods)
    if not selector:
        cause = f"{situation.at('spec')}{wanted.name} has no selector, so no Pod is behind it."
        return Diagnosis("no-selector", cause, f"Set `selector` to labels of the Pods: {asked}.")
    meant = names(situation.wanted_pods)
    if not meant:
        return None  # there is nothing to compare with: that the Pods are missing is said by `not_ready`
    found = names([pod for pod in situation.pods if has_labels(pod, selector)])
    if not found:
        return _matches_nothing(situation, selector)
    where, shown = situation.at("spec", "selector"), printable(listed(selector))
    others = ", ".join(sorted(found - meant))
    if not found & meant:
        cause = f"{where}{shown} matches other Pods: {others}, and none with {asked}."
        return Diagnosis("selects-others", cause, f"Select by {asked}.")
    # Behind a cluster IP some of the Pods, or others beside them, answer all the same.
    final = wanted.kind == "headless"
    if meant - found:
        cause = f"{where}{shown} leaves out {_counted(len(meant - found))} that {asked} has."
        return Diagnosis("selector-too-narrow", cause, f"Select by {asked} alone.", final)
    if others:
        cause = f"{where}{shown} matches other Pods too: {others}."
        return Diagnosis("selector-too-wide", cause, f"Select by {asked}.", final)
    return None


def _unwanted(situation: Situation, selector: dict[str, str]) -> Diagnosis | None:
    if not selector:
        return None
    cause = f"{situation.at('spec', 'selector')}{situation.wanted.name} has the selector {printable(listed(selector))}."
    remedy = "Leave `selector` out: with one, the cluster itself writes the endpoints."
    return Diagnosis("has-selector", cause, remedy)


def _matches_nothing(situation: Situation, selector: dict[str, str]) -> Diagnosis:
    """The Pod that comes nearest, and the first label that no Pod has."""
    asked = listed(situation.wanted.pods)
    nearest = max(situation.wanted_pods, key=lambda pod: _likeness(pod, selector))
    has = labels_of(nearest)
    shown = listed({key: value for key, value in has.items() if key not in NOISE})
    unheld = [
        (key, value)
        for key, value in selector.items()
        if not any(labels_of(pod).get(key) == value for pod in situation.pods)
    ]
    if not unheld:
        where = situation.at("spec", "selector")
        cause = f"{where}no Pod has all of {printable(listed(selector))}; the nearest has {shown}."
        return Diagnosis("selector-combination", cause, f"Select by {asked} alone.")
    key, value = unheld[0]
    where = situation.at("spec", "selector", key)
    label = printable(f"{key}={value}")
    if key in has:
        cause = f"{where}no Pod has the label {label}; the nearest has {key}={has[key]}."
        if key in situation.wanted.pods:
            return Diagnosis("selector-value", cause, f"Write `{key}: {has[key]}`: a label's value is matched exactly.")
        return Diagnosis("selector-value", cause, f"Select by a label that all the Pods have: {asked}.")
    known = any(key in labels_of(pod) for pod in situation.pods)
    what = f"the label {label}" if known else f"a label {printable(key)!r}"
    cause = f"{where}no Pod has {what}; the nearest has {shown}."
    return Diagnosis("selector-key", cause, f"Select by a label that all the Pods have: {asked}.")


def _likeness(pod: Object, selector: dict[str, str]) -> float:
    mine, theirs = listed(selector), listed(labels_of(pod))
    return difflib.SequenceMatcher(None, mine, theirs).ratio()


def _counted(number: int) -> str:
    return "a Pod" if number == 1 else f"{number} Pods"
