"""Two values compared as the API server shows it: a unified diff of its own structs, every field of them, as JSON."""

from __future__ import annotations

import difflib
import json
from typing import Any

from pocketkube.go_types import is_struct, own_fields
from pocketkube.store import Object

EMPTY: dict[str, Any] = {"string": "", "bool": False, "int32": 0, "int64": 0, "quantity": "0", "int-or-string": 0}


def diff(struct: str, old: Object, new: Object) -> str:
    """Of two values of a Go struct such as `core/v1.PersistentVolumeClaimSpec`."""
    return diff_of_texts(go_value(struct, old), go_value(struct, new))


def diff_of_texts(old: Object, new: Object) -> str:
    """Hunks with three lines around each change."""
    before, after = (_text(value).splitlines(keepends=True) for value in (old, new))
    return "".join(list(difflib.unified_diff(before, after))[2:])


def go_value(struct: str, value: Object) -> Object:
    """Every field under its name in Go."""
    made: Object = {}
    for field in own_fields(struct):
        if not field.name:
            made |= go_value(field.type, value)
        elif field.name in value:
            made[field.go_name] = _value(field.type.removeprefix("*"), value[field.name])
        elif is_struct(field.type):
            made[field.go_name] = go_value(field.type, {})
        else:
            made[field.go_name] = EMPTY.get(field.type)
    return made


def _value(kind: str, value: Any) -> Any:
    if kind.startswith("[]"):
        return [_value(kind[2:], each) for each in value]
    if kind.startswith("{}"):
        return {key: value[key] for key in sorted(value)}
    if kind.startswith("meta/"):  # these are the same inside and outside
        return value
    return go_value(kind, value) if is_struct(kind) else value


def _text(value: Object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
