"""Validation of Events: k8s.io/kubernetes/pkg/apis/core/validation/events.go"""

from __future__ import annotations

from pocketkube.admission.formats import quoted
from pocketkube.errors import Cause
from pocketkube.store import Object


def validate(event: Object) -> list[Cause]:
    """An Event lies where its object does; that of an object of no namespace in `default`."""
    found = (event.get("involvedObject") or {}).get("namespace", "")
    if event["metadata"]["namespace"] == (found or "default"):
        return []
    return [Cause.invalid("involvedObject.namespace", quoted(found), "does not match event.namespace")]
