"""From what was observed to a sentence: why it is so, and what to change."""

from __future__ import annotations

import difflib
from typing import Any

from graders.observe import Observer, is_ready
from graders.submission import Document, printable

IMMUTABLE = "(A Service's clusterIP cannot be changed in place: delete the Service first.)"


def missing_service(name: str, documents: list[Document], refusals: dict[str, str]) -> str:
    """Why there is no Service of that name, and what to do."""
    for document in documents:
        if document.where in refusals:
            return f"{document.where}: the API server refused it: {printable(refusals[document.where])}"
    services = [document for document in documents if document.content.get("kind") == "Service"]
    if not services:
        return f"Write a manifest of a Service named {name}."
    near = difflib.get_close_matches(name, [document.name for document in services], n=1, cutoff=0)
    found = next((document for document in services if near and document.name == near[0]), services[0])
    return f"{found.where}: name the Service {name}, not {printable(found.name)}."


def not_headless(where: str) -> str:
    return f"{where}: a headless Service has no cluster IP: set `spec.clusterIP: None`. {IMMUTABLE}"


def no_endpoints(service: dict[str, Any], observer: Observer, where: str) -> str:
    """Why a Service leads to no Pod, or to others than it should: its selector, or Pods that are not ready."""
    selector = service["spec"].get("selector") or {}
    if not selector:
        return f"{where}: the Service has no selector, so it has no endpoints: set `spec.selector` to the Pods' labels."
    pods = observer.pods()
    matching = [pod for pod in pods if selector.items() <= (pod["metadata"].get("labels") or {}).items()]
    if not matching:
        labels = {
            f"{key}={value}"
            for pod in pods
            for key, value in (pod["metadata"].get("labels") or {}).items()
            if key != "pod-template-hash"
        }
        asked = ", ".join(f"{key}={value}" for key, value in selector.items())
        has = ", ".join(sorted(labels)) or "none"
        return f"{where}: no Pod matches the selector {printable(asked)}; the Pods' labels are: {has}."
    if not any(is_ready(pod) for pod in matching):
        return "No Pod that the selector matches is ready: see `kubectl get pods`."
    return f"{where}: the selector must choose every nginx Pod and no other."
