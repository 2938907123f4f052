"""Who set which field: metadata.managedFields of server-side apply (KEP-555).

A field is a path of elements as FieldsV1 writes them: `f:name` for a field, `k:{"name":"web"}` for an item of a list
that is merged by key, `v:"x"` for an item of a set.
"""

from __future__ import annotations

import json
from typing import Any

from pocketkube.store import Object

Path = tuple[str, ...]
Fields = dict[Path, Any]  # path: value

# Lists whose items are told apart by keys (x-kubernetes-list-map-keys in k8s.io/api). Of two kinds of `ports`, the
# keys that an item has decide.
LIST_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "containers": (("name",),),
    "initContainers": (("name",),),
    "volumes": (("name",),),
    "volumeMounts": (("mountPath",),),
    "env": (("name",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "conditions": (("type",),),
    "imagePullSecrets": (("name",),),
    "hostAliases": (("ip",),),
    "ownerReferences": (("uid",),),
    "secrets": (("name",),),
}
SETS = {"finalizers"}
# Taken as one value (x-kubernetes-map-type: atomic).
ATOMIC = {"selector", "fieldRef", "configMapKeyRef", "resourceFieldRef", "nodeSelector"}
SERVER_OWNED = {
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
}


def fields_of(obj: Object) -> Fields:
    """Every field that a manager can own, with its value; not what identifies the object or is the server's."""
    found: Fields = {}
    for key, value in obj.items():
        if key == "metadata":
            asked = {name: inner for name, inner in value.items() if name not in SERVER_OWNED}
            if asked:
                _collect(asked, ("f:metadata",), key, found)
        elif key not in ("apiVersion", "kind", "status"):
            _collect(value, (f"f:{key}",), key, found)
    return found


def list_keys(name: str, items: list[Any]) -> tuple[str, ...] | None:
    """The keys by which the items of the list field `name` are told apart; None when it is one value."""
    for keys in LIST_KEYS.get(name, ()):
        if items and all(isinstance(item, dict) and keys[0] in item for item in items):
            return keys
    return None


def item_key(keys: tuple[str, ...], item: Object) -> str:
    known = {key: item.get(key, "TCP" if key == "protocol" else "") for key in keys}
    return "k:" + json.dumps(known, separators=(",", ":"), sort_keys=True)


def record_update(old: Object | None, new: Object, manager: str, now: str) -> Object:
    """`new` with managedFields that say that `manager` set what differs from `old` by an Update."""
    before, after = fields_of(old) if old else {}, fields_of(new)
    changed = {path for path, value in after.items() if path not in before or before[path] != value}
    if old is not None and not changed and before.keys() == after.keys():
        return {**new, "metadata": {**new["metadata"], **_kept(old)}}
    entries = list((old or new)["metadata"].get("managedFields") or ())
    owned = {_identity(entry): from_fields_v1(entry.get("fieldsV1") or {}) for entry in entries}
    mine = (manager, "Update")
    owned = {key: {path for path in paths if path in after and path not in changed} for key, paths in owned.items()}
    owned[mine] = owned.get(mine, set()) | changed
    return {**new, "metadata": {**new["metadata"], "managedFields": write(new, entries, owned, {mine}, now)}}


def write(obj: Object, entries: list[Object], owned: dict[Any, set[Path]], touched: set[Any], now: str) -> list[Object]:
    """The entries of metadata.managedFields for who owns what; entries not `touched` keep their time."""
    times = {_identity(entry): entry.get("time", now) for entry in entries}
    return [
        {
            "manager": manager,
            "operation": operation,
            "apiVersion": obj["apiVersion"],
            "time": now if (manager, operation) in touched else times.get((manager, operation), now),
            "fieldsType": "FieldsV1",
            "fieldsV1": to_fields_v1(paths),
        }
        for (manager, operation), paths in owned.items()
        if paths
    ]


def owners(obj: Object) -> dict[tuple[str, str], set[Path]]:
    """{(manager, operation): paths}"""
    entries = obj["metadata"].get("managedFields") or ()
    return {_identity(entry): from_fields_v1(entry.get("fieldsV1") or {}) for entry in entries}


def to_fields_v1(paths: set[Path]) -> Object:
    tree: Object = {}
    for path in sorted(paths):
        branch = tree
        for element in path:
            branch = branch.setdefault(element, {})
    return tree


def from_fields_v1(tree: Object) -> set[Path]:
    found: set[Path] = set()

    def walk(branch: Object, path: Path) -> None:
        inner = {key: value for key, value in branch.items() if key != "."}
        if not inner and path:
            found.add(path)
        for key, value in inner.items():
            walk(value, (*path, key))

    walk(tree, ())
    return found


def _collect(value: Any, path: Path, name: str, found: Fields) -> None:
    if isinstance(value, dict) and value and name not in ATOMIC:
        for key, inner in value.items():
            _collect(inner, (*path, f"f:{key}"), key, found)
    elif isinstance(value, list) and name in SETS:
        for item in value:
            found[(*path, f"v:{json.dumps(item)}")] = item
    elif isinstance(value, list) and (keys := list_keys(name, value)):
        for item in value:
            where = (*path, item_key(keys, item))
            for key, inner in item.items():
                _collect(inner, (*where, f"f:{key}"), key, found)
    else:
        found[path] = value


def _identity(entry: Object) -> tuple[str, str]:
    return entry["manager"], entry["operation"]


def _kept(old: Object) -> Object:
    entries = old["metadata"].get("managedFields")
    return {"managedFields": entries} if entries else {}
