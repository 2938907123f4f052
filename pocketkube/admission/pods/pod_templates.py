"""Where the kinds that make Pods say what these are like."""

from __future__ import annotations

from pocketkube.resources import (
    CRONJOBS,
    DAEMONSETS,
    DEPLOYMENTS,
    JOBS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    STATEFULSETS,
    Resource,
)
from pocketkube.store import Object

FIELDS: dict[Resource, str] = {
    **dict.fromkeys(
        (DAEMONSETS, DEPLOYMENTS, JOBS, REPLICASETS, REPLICATIONCONTROLLERS, STATEFULSETS), "spec.template"
    ),
    CRONJOBS: "spec.jobTemplate.spec.template",
}


def template_of(resource: Resource, obj: Object) -> Object | None:
    """The PodTemplateSpec, at the field that FIELDS names; None for kinds that have none."""
    if resource not in FIELDS:
        return None
    found = obj
    for name in FIELDS[resource].split("."):
        found = found[name]
    return found
