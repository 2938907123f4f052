"""Rows of ConfigMaps, Secrets, and of what a namespace may hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pocketkube.api.tables.cells import Column, Row, created, name_and_creation
from pocketkube.resources import CONFIGMAPS, LIMITRANGES, RESOURCEQUOTAS, SECRETS, Resource
from pocketkube.store import Object

COLUMNS: dict[Resource, list[Column]] = {
    CONFIGMAPS: [(name, "string", 0) for name in ("Name", "Data", "Age")],
    SECRETS: [(name, "string", 0) for name in ("Name", "Type", "Data", "Age")],
    LIMITRANGES: [("Name", "string", 0), ("Created At", "date", 0)],
    RESOURCEQUOTAS: [(name, "string", 0) for name in ("Name", "Request", "Limit", "Age")],
}


def _secret(secret: Object, now: datetime) -> list[Any]:
    return [secret["metadata"]["name"], secret["type"], len(secret.get("data") or {}), created(secret, now)]


def _configmap(config_map: Object, now: datetime) -> list[Any]:
    count = len(config_map.get("data") or {}) + len(config_map.get("binaryData") or {})
    return [config_map["metadata"]["name"], count, created(config_map, now)]


def _resource_quota(quota: Object, now: datetime) -> list[Any]:
    status = quota.get("status", {})
    used = status.get("used", {})
    shown = {name: f"{name}: {used.get(name, '0')}/{hard}" for name, hard in sorted(status.get("hard", {}).items())}
    limits = [text for name, text in shown.items() if name.startswith("limits.")]
    requests = [text for name, text in shown.items() if not name.startswith("limits.")]
    return [quota["metadata"]["name"], ", ".join(requests), ", ".join(limits), created(quota, now)]


ROWS: dict[Resource, Row] = {
    CONFIGMAPS: _configmap,
    SECRETS: _secret,
    LIMITRANGES: name_and_creation,
    RESOURCEQUOTAS: _resource_quota,
}
