"""Server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/"""

from __future__ import annotations

import copy
import json
from typing import Any

from pocketkube.errors import ApiError
from pocketkube.managed_fields import SETS, Path, fields_of, item_key, list_keys, owners, write
from pocketkube.store import Object

CONTENT_TYPES = ("application/apply-patch+yaml", "application/apply-patch+json")
# What kubectl's client-side apply compares with; server-side apply by kubectl keeps it up to date (KEP-2155).
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def server_side_apply(live: Object, applied: Object, manager: str, *, force: bool, now: str) -> Object:
    """`live` with what `applied` says, and without what this manager applied before and says no more.

    ApiError 409 with every conflict when another manager owns a field with another value, unless `force`.
    """
    mine = (manager, "Apply")
    owned = owners(live)
    wanted, present = fields_of(applied), fields_of(live)
    differing = {path for path, value in wanted.items() if path in present and present[path] != value}
    conflicts = [(other, path) for other, paths in owned.items() if other != mine for path in sorted(paths & differing)]
    if conflicts and not force:
        raise _conflict(conflicts, live["apiVersion"])
    merged = _merge(live, applied, "")
    others = {path for other, paths in owned.items() if other != mine for path in paths}
    for path in owned.get(mine, set()) - wanted.keys() - others:
        _remove(merged, path)
    owned = {other: paths - differing if other != mine else paths for other, paths in owned.items()}
    owned[mine] = set(wanted)
    entries = live["metadata"].get("managedFields") or []
    unchanged = fields_of(merged) == present and owners(live).get(mine) == owned[mine]
    metadata = {**merged["metadata"], "managedFields": write(live, entries, owned, set() if unchanged else {mine}, now)}
    if manager == "kubectl" and LAST_APPLIED in (metadata.get("annotations") or {}):
        metadata["annotations"] = {**metadata["annotations"], LAST_APPLIED: _last_applied(applied)}
    for field in ("uid", "resourceVersion"):
        if field in applied.get("metadata", {}):
            metadata[field] = applied["metadata"][field]
    return {**merged, "metadata": metadata}


def _last_applied(applied: Object) -> str:
    annotations = {k: v for k, v in (applied["metadata"].get("annotations") or {}).items() if k != LAST_APPLIED}
    metadata = {**applied["metadata"], "annotations": annotations}
    if "annotations" not in applied["metadata"]:
        del metadata["annotations"]
    return json.dumps({**applied, "metadata": metadata}, separators=(",", ":"), sort_keys=True) + "\n"


def _merge(live: Any, applied: Any, name: str) -> Any:
    if isinstance(applied, dict) and isinstance(live, dict) and name != "selector":
        merged = dict(live)
        for key, value in applied.items():
            merged[key] = _merge(live.get(key), value, key)
        return merged
    if isinstance(applied, list) and isinstance(live, list):
        if name in SETS:
            return [*live, *(item for item in applied if item not in live)]
        keys = list_keys(name, applied)
        if keys and list_keys(name, live):
            known = {item_key(keys, item): item for item in live}
            for item in applied:
                known[item_key(keys, item)] = _merge(known.get(item_key(keys, item), {}), item, "")
            return list(known.values())
    return copy.deepcopy(applied)


def _remove(obj: Any, path: Path) -> None:
    """Take a field out, and the containers that it leaves empty."""
    element, rest = path[0], path[1:]
    if isinstance(obj, dict) and element.startswith("f:"):
        name = element[2:]
        if not rest:
            obj.pop(name, None)
        elif name in obj:
            obj[name] = copy.deepcopy(obj[name])
            if isinstance(obj[name], list):
                _remove_item(obj[name], name, rest)
            else:
                _remove(obj[name], rest)
            if obj[name] in ({}, []):
                del obj[name]


def _remove_item(items: list[Any], name: str, path: Path) -> None:
    keys = list_keys(name, items)
    for item in list(items):
        if keys and item_key(keys, item) == path[0]:
            _remove(item, path[1:])
            if not item or set(item) <= set(keys):
                items.remove(item)
        elif path[0].startswith("v:") and f'v:"{item}"' == path[0]:
            items.remove(item)


def _conflict(conflicts: list[tuple[tuple[str, str], Path]], version: str) -> ApiError:
    by_manager: dict[str, list[str]] = {}
    for (manager, _), path in conflicts:
        by_manager.setdefault(f'conflict with "{manager}" using {version}', []).append(_readable(path))
    causes = [
        {"reason": "FieldManagerConflict", "message": who, "field": field}
        for who, fields in by_manager.items()
        for field in fields
    ]
    if len(conflicts) == 1:
        message = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        listed = [f"{who}:\n" + "\n".join(f"- {field}" for field in each) for who, each in by_manager.items()]
        message = f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(listed)
    return ApiError(409, "Conflict", message, {"causes": causes})


def _readable(path: Path) -> str:
    """`.spec.ports[port=80,protocol="TCP"].targetPort`"""
    text = ""
    for element in path:
        kind, _, value = element.partition(":")
        if kind == "k":
            keys = json.loads(value)
            text += "[" + ",".join(f"{key}={json.dumps(each)}" for key, each in keys.items()) + "]"
        else:
            text += f".{value}" if kind == "f" else f"[{value}]"
    return text
