"""Objects as the tables that `kubectl get` prints: k8s.io/kubernetes/pkg/printers/internalversion/printers.go"""

from __future__ import annotations

from datetime import UTC, datetime

from pocketkube.api.tables import cluster, configuration, pods, services, storage, workloads
from pocketkube.api.tables.cells import Column, Row
from pocketkube.resources import PODS, Resource
from pocketkube.store import Object

GROUPS = (pods, workloads, services, storage, configuration, cluster)
COLUMNS: dict[Resource, list[Column]] = {kind: each for group in GROUPS for kind, each in group.COLUMNS.items()}
ROWS: dict[Resource, Row] = {kind: each for group in GROUPS for kind, each in group.ROWS.items()}


def table(resource: Resource, objects: list[Object], metadata: Object, include: str) -> Object:
    """A meta.k8s.io/v1 Table. `include`: None, Metadata or Object, what each row carries of its object."""
    now = datetime.now(UTC)
    rows = []
    for obj in objects:
        row: Object = {"cells": ROWS[resource](obj, now)}
        if resource is PODS and (conditions := pods.conditions(obj)):
            row["conditions"] = conditions
        if include == "Object":
            row["object"] = obj
        elif include != "None":
            row["object"] = {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": obj["metadata"],
            }
        rows.append(row)
    columns = [
        {
            "name": name,
            "type": kind,
            "format": "name" if name == "Name" else "",
            "description": name,
            "priority": priority,
        }
        for name, kind, priority in COLUMNS[resource]
    ]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns,
        "rows": rows,
    }
