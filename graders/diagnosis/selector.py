"""The Service's selector: which Pods it means, and which it finds."""

from __future__ import annotations

import difflib

from graders.diagnosis.situation import Object, Situation, has_labels, labels_of, listed
from graders.submission import printable
from graders.verdict import Diagnosis

NOISE = ("pod-template-hash", "controller-revision-hash")


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
    found = {pod["metadata"]["name"] for pod in situation.pods if has_labels(pod, selector)}
    meant = {pod["metadata"]["name"] for pod in situation.wanted_pods}
    if not found and situation.pods:
        return _matches_nothing(situation, selector)
    shown = printable(listed(selector))
    if meant - found:
        cause = f"{situation.at('spec', 'selector')}{shown} leaves out {_counted(len(meant - found))} that {asked} has."
        return Diagnosis("selector-too-narrow", cause, f"Select by {asked} alone.")
    if found - meant:
        others = ", ".join(sorted(found - meant))
        cause = f"{situation.at('spec', 'selector')}{shown} matches other Pods too: {others}."
        return Diagnosis("selector-too-wide", cause, f"Select by {asked}.")
    return None


def _unwanted(situation: Situation, selector: dict[str, str]) -> Diagnosis | None:
    if not selector:
        return None
    cause = f"{situation.at('spec', 'selector')}{situation.wanted.name} has the selector {printable(listed(selector))}."
    remedy = "Leave `selector` out: with one, the cluster itself writes the endpoints."
    return Diagnosis("has-selector", cause, remedy)


def _matches_nothing(situation: Situation, selector: dict[str, str]) -> Diagnosis:
    """The Pod that comes nearest, and the first label in which it differs."""
    pods = situation.wanted_pods or situation.pods
    nearest = max(pods, key=lambda pod: _likeness(pod, selector))
    has = {key: value for key, value in labels_of(nearest).items() if key not in NOISE}
    key, value = next((key, value) for key, value in selector.items() if has.get(key) != value)
    where = situation.at("spec", "selector", key)
    shown = printable(f"{key}={value}")
    if key in has:
        cause = f"{where}no Pod has the label {shown}; the nearest has {key}={has[key]}."
        return Diagnosis("selector-value", cause, f"Write `{key}: {has[key]}`: a label's value is matched exactly.")
    cause = f"{where}no Pod has a label {printable(key)!r}; the nearest has {listed(has) or 'no labels'}."
    return Diagnosis("selector-key", cause, f"Select by a label that the Pods have: {listed(has) or 'give them one'}.")


def _likeness(pod: Object, selector: dict[str, str]) -> float:
    mine, theirs = listed(selector), listed(labels_of(pod))
    return difflib.SequenceMatcher(None, mine, theirs).ratio()


def _counted(number: int) -> str:
    return "a Pod" if number == 1 else f"{number} Pods"
