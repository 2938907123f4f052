"""What server-side apply refuses of a configuration: it is read by the schema, not by the decoder of other writes.

Source: sigs.k8s.io/structured-merge-diff/typed/validate.go
"""

from __future__ import annotations

import json
from typing import Any

from pocketkube.apply_types import DEFAULTS, is_set, list_keys
from pocketkube.errors import ApiError
from pocketkube.go_types import Field, fields, is_struct, struct_of
from pocketkube.json_text import go_text
from pocketkube.resources import Resource
from pocketkube.store import Object

STRINGS = ("string", "bytes")
NUMBERS = ("int32", "int64", "float64")


def check(resource: Resource, applied: Object) -> None:
    """ApiError 500, which is how the API server answers, with every field that is none or of another type."""
    kind = f"{resource.group}/{resource.version}, Kind={applied.get('kind', '')}"
    if not applied.get("kind"):
        raise _untyped(applied, kind, f"no corresponding type for {kind}")
    found = _Problems()
    declared = {key: value for key, value in applied.items() if key not in ("apiVersion", "kind")}
    found.struct(struct_of(resource), declared, "")
    if found.texts:
        texts = found.texts[0] if len(found.texts) == 1 else "\n  ".join(["errors:", *found.texts])
        raise _untyped(applied, kind, texts)


def _untyped(applied: Object, kind: str, why: str) -> ApiError:
    metadata = applied.get("metadata")
    namespace, name = [metadata.get(key, "") if isinstance(metadata, dict) else "" for key in ("namespace", "name")]
    return ApiError(500, "", f"failed to create typed patch object ({namespace}/{name}; {kind}): {why}")


class _Problems:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def struct(self, struct: str, value: Object, path: str) -> None:
        known = fields(struct)
        for key, inner in value.items():
            field = known.get(key)
            if field is None:
                self.texts.append(f"{path}.{key}: field not declared in schema")
            else:
                self._value(struct, field, field.type.removeprefix("*"), inner, f"{path}.{key}")

    def _value(self, struct: str, field: Field, kind: str, value: Any, path: str) -> None:
        if value is None:
            return
        if kind.startswith("[]"):
            if isinstance(value, list):
                self._list(struct, field, kind[2:], value, path)
            else:
                self.texts.append(f"{path}: expected list, got &{{{go_text(value)}}}")
        elif kind.startswith("{}") or is_struct(kind):
            if not isinstance(value, dict):
                self.texts.append(f"{path}: expected map, got &{{{go_text(value)}}}")
            elif is_struct(kind):
                self.struct(kind, value, path)
            else:
                for key, each in value.items():
                    self._value(struct, field, kind[2:], each, f"{path}.{key}")
        else:
            self._scalar(kind, value, path)

    def _list(self, struct: str, field: Field, kind: str, items: list[Any], path: str) -> None:
        keys, seen = list_keys(struct, field), set()
        for number, item in enumerate(items):
            where = f"[{number}]"
            if is_set(field):
                where = f"[={json.dumps(item)}]"
            elif keys and isinstance(item, dict):
                missing = next((key for key in keys if key not in item and key not in DEFAULTS), None)
                if missing:
                    what = f'associative list with keys has an element that omits key field "{missing}"'
                    self.texts.append(f"{path}: element {number}: {what} (and doesn't have default value)")
                    continue
                told_apart = (f"{key}={json.dumps(item.get(key, DEFAULTS.get(key)))}" for key in sorted(keys))
                where = f"[{','.join(told_apart)}]"
            if (keys or is_set(field)) and where in seen:
                self.texts.append(f"{path}: duplicate entries for key {where}")
            seen.add(where)
            self._value(struct, field, kind, item, f"{path}{where}")

    def _scalar(self, kind: str, value: Any, path: str) -> None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if kind in STRINGS and not isinstance(value, str):
            self.texts.append(f"{path}: expected string, got &value.valueUnstructured{{Value:{go_text(value)}}}")
        elif kind in NUMBERS and not number:
            self.texts.append(f"{path}: expected numeric (int or float), got {_go_type(value)}")
        elif kind == "bool" and not isinstance(value, bool):
            self.texts.append(f"{path}: expected boolean, got &{{{go_text(value)}}}")


def _go_type(value: Any) -> str:
    kinds = {bool: "bool", str: "string", dict: "map[string]interface {}", list: "[]interface {}"}
    return kinds.get(type(value), "int64")
