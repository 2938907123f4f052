"""Rows of Pods."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pocketkube.api.tables.ages import age
from pocketkube.api.tables.cells import NONE, Column, Row, created
from pocketkube.api.tables.pod_summary import summarize
from pocketkube.resources import PODS, Resource
from pocketkube.store import Object

# {phase: a row's condition}
ENDED = {
    phase: {"type": "Completed", "status": "True", "reason": phase, "message": message}
    for phase, message in (("Succeeded", "The pod has completed successfully."), ("Failed", "The pod failed."))
}
COLUMNS: dict[Resource, list[Column]] = {
    PODS: [
        *((name, "string", 0) for name in ("Name", "Ready", "Status", "Restarts", "Age")),
        *((name, "string", 1) for name in ("IP", "Node", "Nominated Node", "Readiness Gates")),
    ],
}


def conditions(pod: Object) -> list[Object]:
    """What a row says besides its cells."""
    phase = pod.get("status", {}).get("phase")
    return [ENDED[phase]] if phase in ENDED else []


def _pod(pod: Object, now: datetime) -> list[Any]:
    status, spec = pod.get("status", {}), pod["spec"]
    summary = summarize(pod)
    ago = f" ({age(summary.last_restart, now)} ago)" if summary.restarts and summary.last_restart else ""
    return [
        pod["metadata"]["name"],
        f"{summary.ready}/{summary.total}",
        summary.status,
        f"{summary.restarts}{ago}",
        created(pod, now),
        status.get("podIP", NONE),
        spec.get("nodeName", NONE),
        status.get("nominatedNodeName") or NONE,
        _gates(pod),
    ]


def _gates(pod: Object) -> str:
    wanted = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or ()]
    true = {each["type"] for each in pod.get("status", {}).get("conditions") or () if each["status"] == "True"}
    return f"{sum(gate in true for gate in wanted)}/{len(wanted)}" if wanted else NONE


ROWS: dict[Resource, Row] = {
    PODS: _pod,
}
