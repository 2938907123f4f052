"""Who set which field: metadata.managedFields of server-side apply (KEP-555).

A field is a path of elements as FieldsV1 writes them: `f:name` for a field, `k:{"name":"web"}` for an item of a list
that is merged by key, `v:"x"` for an item of a set. A struct, map or list that was not there before is a field as well.
"""

from __future__ import annotations

import json
from typing import Any

from pocketkube.apply_types import DEFAULTS, is_atomic, is_set, list_keys
from pocketkube.go_types import Field, fields, is_struct, named
from pocketkube.store import Object

Path = tuple[str, ...]
Fields = dict[Path, Any]  # path: value
Manager = tuple[str, str, str]  # its name, the operation (Apply or Update), the subresource by which it wrote
PRESENT = "."  # the value of what only holds others

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


def struct_of(obj: Object) -> str:
    group, _, version = obj["apiVersion"].rpartition("/")
    return named(group, version, obj["kind"])


def fields_of(obj: Object, *, applied: bool = False) -> Fields:
    """Every field that a manager can own, with its value; not what identifies the object or is the server's.

    `applied`: as an applied configuration is owned; there what only holds others is owned only as an item of a list.
    """
    asked = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind", "status")}
    metadata = {name: value for name, value in obj.get("metadata", {}).items() if name not in SERVER_OWNED}
    asked.pop("metadata", None)
    collector = _Collector(applied=applied)
    collector.struct(struct_of(obj), {"metadata": metadata, **asked} if metadata else asked, (), inside=False)
    return collector.found


class _Collector:
    def __init__(self, *, applied: bool) -> None:
        self.found: Fields = {}
        self._applied = applied

    def struct(self, struct: str, value: Object, path: Path, *, inside: bool) -> None:
        """`inside`: of an item of a list, where everything is new together."""
        known = fields(struct)
        for name, inner in value.items():
            field = known.get(name)
            if field is not None and not inner and not inside and is_struct(field.type):
                continue  # it is there from the beginning, and holds nothing
            if field is None or is_atomic(struct, field) or not inner:
                self.found[(*path, f"f:{name}")] = inner
            else:
                self._holder(struct, field, inner, (*path, f"f:{name}"), inside=inside)

    def _holder(self, struct: str, field: Field, value: Any, path: Path, *, inside: bool) -> None:
        kind = field.type.removeprefix("*")
        # A struct that is no pointer, and a list that is always written, are there from the beginning.
        there = field.type == kind and (is_struct(kind) or not field.omitempty)
        if not self._applied and (inside or not there):
            self.found[path] = PRESENT
        if is_struct(kind):
            self.struct(kind, value, path, inside=inside)
        elif kind.startswith("{}"):
            for key, each in value.items():
                self.found[(*path, f"f:{key}")] = each
        elif is_set(field):
            for each in value:
                self.found[(*path, f"v:{json.dumps(each)}")] = each
        else:
            keys = list_keys(struct, field)
            for each in value:
                where = (*path, item_key(keys, each))
                self.found[where] = PRESENT
                self.struct(kind[2:], each, where, inside=True)


def item_key(keys: tuple[str, ...], item: Object) -> str:
    known = {key: item.get(key, DEFAULTS.get(key, "")) for key in keys}
    return "k:" + json.dumps(known, separators=(",", ":"), sort_keys=True)


def record_update(old: Object | None, new: Object, manager: str, now: str, subresource: str = "") -> Object:
    """`new` with managedFields that say that `manager` set what differs from `old` by an Update.

    They start from those of `new` when a writer may have written such ones; `[{}]` clears them.
    """
    given = new["metadata"].pop("managedFields", None) or []
    clears = given == [{}]
    before, after = fields_of(old) if old else {}, fields_of(new)
    changed = {path for path, value in after.items() if path not in before or before[path] != value}
    entries = _readable(given) or ([] if old is None or clears else old["metadata"].get("managedFields") or [])
    if old is not None and not changed and before.keys() == after.keys():
        return {**new, "metadata": {**new["metadata"], **({"managedFields": entries} if entries else {})}}
    owned = {_identity(entry): from_fields_v1(entry.get("fieldsV1") or {}) for entry in entries}
    mine = (manager, "Update", subresource)
    owned = {key: {path for path in paths if path in after and path not in changed} for key, paths in owned.items()}
    owned[mine] = owned.get(mine, set()) | changed
    entries = write(new, entries, owned, {mine}, now)
    return {**new, "metadata": {**new["metadata"], **({"managedFields": entries} if entries else {})}}


def write(obj: Object, entries: list[Object], owned: dict[Any, set[Path]], touched: set[Any], now: str) -> list[Object]:
    """The entries of metadata.managedFields for who owns what; entries not `touched` keep their time.

    In the order of k8s.io/apimachinery/pkg/util/managedfields/internal/managedfields.go.
    """
    times = {_identity(entry): entry.get("time", now) for entry in entries}
    written = [
        {
            "manager": manager,
            "operation": operation,
            "apiVersion": obj["apiVersion"],
            "time": now if (manager, operation, sub) in touched else times.get((manager, operation, sub), now),
            "fieldsType": "FieldsV1",
            "fieldsV1": to_fields_v1(paths),
            **({"subresource": sub} if sub else {}),
        }
        for (manager, operation, sub), paths in owned.items()
        if paths
    ]
    return sorted(
        written, key=lambda entry: (entry["operation"], entry["time"], entry["manager"], entry.get("subresource", ""))
    )


def owners(obj: Object) -> dict[Manager, set[Path]]:
    entries = obj["metadata"].get("managedFields") or ()
    return {_identity(entry): from_fields_v1(entry.get("fieldsV1") or {}) for entry in entries}


def to_fields_v1(paths: set[Path]) -> Object:
    tree: Object = {}
    for path in sorted(paths):
        branch = tree
        for depth, element in enumerate(path):
            if element not in branch:
                branch[element] = {}
            elif not branch[element] and depth < len(path) - 1:
                branch[element] = {".": {}}  # it is owned itself, and now holds others
            branch = branch[element]
    return tree


def from_fields_v1(tree: Object) -> set[Path]:
    found: set[Path] = set()

    def walk(branch: Object, path: Path) -> None:
        if path and (not branch or "." in branch):
            found.add(path)
        for key, value in branch.items():
            if key != ".":
                walk(value, (*path, key))

    walk(tree, ())
    return found


def _identity(entry: Object) -> Manager:
    return entry["manager"], entry["operation"], entry.get("subresource", "")


def _readable(entries: list[Object]) -> list[Object]:
    """The entries as a writer gave them; none of them where one has not the form of an entry."""

    def readable(entry: Object) -> bool:
        known = entry.get("operation") in ("Apply", "Update") and entry.get("fieldsType") == "FieldsV1"
        return known and bool(entry.get("apiVersion")) and isinstance(entry.get("fieldsV1"), dict)

    return [{"manager": "", **entry} for entry in entries] if all(map(readable, entries)) else []
