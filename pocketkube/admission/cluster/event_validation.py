"""Validation of Events: k8s.io/kubernetes/pkg/apis/core/validation/events.go"""

from __future__ import annotations

from pocketkube.admission.formats import qualified_name, quoted
from pocketkube.errors import Cause
from pocketkube.store import Object

LONGEST, LONGEST_MESSAGE = 128, 1024  # characters


def validate(event: Object) -> list[Cause]:
    """An Event lies where its object does, that of an object of no namespace in `default`.

    One that has an eventTime says besides who tells what was done, and why.
    """
    namespace, found = event["metadata"]["namespace"], (event.get("involvedObject") or {}).get("namespace", "")
    elsewhere = Cause.invalid("involvedObject.namespace", quoted(found), "does not match event.namespace")
    if not event.get("eventTime"):
        return [] if namespace == (found or "default") else [elsewhere]
    causes = [] if found or namespace in ("default", "kube-system") else [elsewhere]
    reporter = event.get("reportingComponent", "")
    if not reporter:
        causes.append(Cause.required("reportingComponent"))
    causes += qualified_name(reporter, "reportingComponent")
    for field in ("reportingInstance", "action", "reason"):
        text = event.get(field, "")
        if not text:
            causes.append(Cause.required(field))
        if len(text.encode()) > LONGEST:
            causes.append(Cause.invalid(field, '""', f"can have at most {LONGEST} characters"))
    if len(event.get("message", "").encode()) > LONGEST_MESSAGE:
        causes.append(Cause.invalid("message", '""', f"can have at most {LONGEST_MESSAGE} characters"))
    return causes
