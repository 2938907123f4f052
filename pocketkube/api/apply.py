"""Server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/"""

from __future__ import annotations

import json
from typing import Any

from pocketkube.apply_types import is_atomic, is_set, list_keys
from pocketkube.errors import ApiError
from pocketkube.go_types import fields, is_struct
from pocketkube.json_copy import copied
from pocketkube.managed_fields import Manager, Path, fields_of, item_key, owners, struct_of, write
from pocketkube.store import Object

CONTENT_TYPES = ("application/apply-patch+yaml", "application/apply-patch+json")
# What kubectl's client-side apply compares with; server-side apply by kubectl keeps it up to date (KEP-2155).
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def server_side_apply(live: Object, applied: Object, manager: str, *, force: bool, now: str) -> Object:
    """`live` with what `applied` says, and without what this manager applied before and says no more.

    ApiError 409 with every conflict when another manager owns a field with another value, unless `force`.
    """
    mine = (manager, "Apply", "")
    owned = owners(live)
    wanted, present = fields_of(applied, applied=True), fields_of(live)
    differing = {path for path, value in wanted.items() if path in present and present[path] != value}
    conflicts = [(other, path) for other, paths in owned.items() if other != mine for path in sorted(paths & differing)]
    if conflicts and not force:
        raise _conflict(conflicts, live["apiVersion"])
    merged = _merge_struct(struct_of(live), live, applied)
    # What stays: fields that are asked for, and those of others, with what they lie in.
    whole = {path for other, paths in owned.items() if other != mine for path in paths} | wanted.keys()
    staying = {path[:depth] for path in whole for depth in range(1, len(path) + 1)}
    # What lies deeper goes first.
    for path in sorted(owned.get(mine, set()) - staying, key=len, reverse=True):
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


def _merge_struct(struct: str, live: Object, applied: Object) -> Object:
    merged = copied(live)
    known = fields(struct)
    for name, value in applied.items():
        field, before = known.get(name), merged.get(name)
        if field is None or before is None or is_atomic(struct, field):
            merged[name] = copied(value)
            continue
        kind = field.type.removeprefix("*")
        if is_struct(kind):
            merged[name] = _merge_struct(kind, before, value)
        elif kind.startswith("{}"):
            merged[name] = {**before, **value}
        elif is_set(field):
            merged[name] = [*before, *(item for item in value if item not in before)]
        else:
            keys = list_keys(struct, field)
            items = {item_key(keys, item): item for item in before}
            for item in value:
                items[item_key(keys, item)] = _merge_struct(kind[2:], items.get(item_key(keys, item), {}), item)
            merged[name] = list(items.values())
    return merged


def _remove(obj: Any, path: Path) -> None:
    """Take a field out, and what it leaves empty."""
    holders = [obj]
    for element in path[:-1]:
        inner = _step(holders[-1], element)
        if inner is None:
            return
        holders.append(inner)
    for holder, element in zip(reversed(holders), reversed(path), strict=True):
        inner = _step(holder, element)
        if (element == path[-1] and holder is holders[-1]) or inner in ({}, []):
            _take(holder, element)
        else:
            return


def _step(holder: Any, element: str) -> Any:
    kind, _, name = element.partition(":")
    if kind == "f":
        return holder.get(name) if isinstance(holder, dict) else None
    position = _position(holder, kind, name)
    return None if position is None else holder[position]


def _take(holder: Any, element: str) -> None:
    kind, _, name = element.partition(":")
    if kind == "f":
        holder.pop(name, None)
    elif (position := _position(holder, kind, name)) is not None:
        del holder[position]


def _position(items: Any, kind: str, text: str) -> int | None:
    """Where the item is that a key or a value tells apart."""
    wanted = json.loads(text)
    for number, item in enumerate(items if isinstance(items, list) else ()):
        if item == wanted if kind == "v" else item_key(tuple(wanted), item) == f"k:{text}":
            return number
    return None


def _conflict(conflicts: list[tuple[Manager, Path]], version: str) -> ApiError:
    by_manager: dict[str, list[str]] = {}
    for (manager, operation, subresource), path in conflicts:
        who = f'conflict with "{manager}"'
        if subresource:
            who += f' with subresource "{subresource}"'
        if operation == "Update":  # who applies is one and the same in every version
            who += f" using {version}"
        by_manager.setdefault(who, []).append(_readable(path))
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
