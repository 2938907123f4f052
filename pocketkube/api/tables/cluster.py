"""Rows of nodes, namespaces, events, accounts and roles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pocketkube.api.tables.ages import UNKNOWN, age
from pocketkube.api.tables.cells import NONE, Column, Row, created, name_and_creation
from pocketkube.resources import (
    CLUSTERROLEBINDINGS,
    CLUSTERROLES,
    EVENTS,
    LEASES,
    NAMESPACES,
    NODES,
    ROLEBINDINGS,
    ROLES,
    SERVICEACCOUNTS,
    Resource,
)
from pocketkube.store import Object

ROLE, NODE_ROLE = "kubernetes.io/role", "node-role.kubernetes.io/"  # labels
ROLE_COLUMNS: list[Column] = [("Name", "string", 0), ("Created At", "date", 0)]
BINDING_COLUMNS: list[Column] = [
    *((name, "string", 0) for name in ("Name", "Role", "Age")),
    *((name, "string", 1) for name in ("Users", "Groups", "ServiceAccounts")),
]
COLUMNS: dict[Resource, list[Column]] = {
    NODES: [
        *((name, "string", 0) for name in ("Name", "Status", "Roles", "Age", "Version")),
        *(
            (name, "string", 1)
            for name in ("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime")
        ),
    ],
    NAMESPACES: [(name, "string", 0) for name in ("Name", "Status", "Age")],
    EVENTS: [
        *((name, "string", 0) for name in ("Last Seen", "Type", "Reason", "Object")),
        ("Subobject", "string", 1),
        ("Source", "string", 1),
        ("Message", "string", 0),
        ("First Seen", "string", 1),
        ("Count", "string", 1),
        ("Name", "string", 1),
    ],
    LEASES: [(name, "string", 0) for name in ("Name", "Holder", "Age")],
    SERVICEACCOUNTS: [(name, "string", 0) for name in ("Name", "Age")],
    CLUSTERROLES: ROLE_COLUMNS,
    CLUSTERROLEBINDINGS: BINDING_COLUMNS,
    ROLES: ROLE_COLUMNS,
    ROLEBINDINGS: BINDING_COLUMNS,
}


def _node(node: Object, now: datetime) -> list[Any]:
    status = node.get("status", {})
    conditions = {each["type"]: each["status"] for each in status.get("conditions", ())}
    shown = {"True": "Ready", None: "Unknown"}.get(conditions.get("Ready"), "NotReady")
    if node["spec"].get("unschedulable"):
        shown += ",SchedulingDisabled"
    labels = node["metadata"].get("labels") or {}
    roles = {key.removeprefix(NODE_ROLE) for key in labels if key.startswith(NODE_ROLE)} | {labels.get(ROLE, "")}
    addresses = {each["type"]: each["address"] for each in status.get("addresses", ())}
    info = status.get("nodeInfo", {})
    return [
        node["metadata"]["name"],
        shown,
        ",".join(sorted(roles - {""})) or NONE,
        created(node, now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP", NONE),
        addresses.get("ExternalIP", NONE),
        info.get("osImage") or UNKNOWN,
        f"{info['kernelVersion']} ({info['architecture']})" if info.get("kernelVersion") else UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _namespace(namespace: Object, now: datetime) -> list[Any]:
    return [namespace["metadata"]["name"], namespace.get("status", {}).get("phase", ""), created(namespace, now)]


def _event(event: Object, now: datetime) -> list[Any]:
    involved, source, series = event["involvedObject"], event.get("source") or {}, event.get("series")
    first_time = event.get("firstTimestamp") or event.get("eventTime")
    last_time = series["lastObservedTime"] if series else event.get("lastTimestamp") or first_time
    origin = (
        source.get("component") or event.get("reportingComponent"),
        source.get("host") or event.get("reportingInstance"),
    )
    return [
        age(last_time, now),
        event.get("type", ""),
        event.get("reason", ""),
        "/".join(filter(None, (involved.get("kind", "").lower(), involved.get("name")))),
        involved.get("fieldPath", ""),
        ", ".join(filter(None, origin)),
        (event.get("message") or "").strip(),
        age(first_time, now),
        series["count"] if series else event.get("count") or 1,
        event["metadata"]["name"],
    ]


def _service_account(account: Object, now: datetime) -> list[Any]:
    return [account["metadata"]["name"], created(account, now)]


def _role_binding(binding: Object, now: datetime) -> list[Any]:
    bound: dict[str, list[str]] = {"User": [], "Group": [], "ServiceAccount": []}
    for subject in binding.get("subjects") or ():
        namespace = f"{subject.get('namespace', '')}/" if subject["kind"] == "ServiceAccount" else ""
        bound[subject["kind"]].append(f"{namespace}{subject['name']}")
    role = f"{binding['roleRef']['kind']}/{binding['roleRef']['name']}"
    return [binding["metadata"]["name"], role, created(binding, now), *(", ".join(each) for each in bound.values())]


def _lease(lease: Object, now: datetime) -> list[Any]:
    return [lease["metadata"]["name"], (lease.get("spec") or {}).get("holderIdentity", ""), created(lease, now)]


ROWS: dict[Resource, Row] = {
    NODES: _node,
    NAMESPACES: _namespace,
    EVENTS: _event,
    LEASES: _lease,
    SERVICEACCOUNTS: _service_account,
    CLUSTERROLES: name_and_creation,
    CLUSTERROLEBINDINGS: _role_binding,
    ROLES: name_and_creation,
    ROLEBINDINGS: _role_binding,
}
