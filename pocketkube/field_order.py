"""The order in which Go writes an object's fields as JSON: that of its structs; keys of maps in the alphabet's.

Only who reads the API's text sees it, as with `curl` or `kubectl get --raw`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from pocketkube.go_types import fields, is_struct, struct_of
from pocketkube.resources import Resource
from pocketkube.store import Object

TYPE_META = {"kind": "string", "apiVersion": "string"}


def in_order(resource: Resource, obj: Object, old: Object | None = None) -> Object:
    """The same object; what has no field in its struct comes last. What it shares with `old` is in order already."""
    shared = {name: value for name, value in (old or {}).items() if value is obj.get(name)}
    types = _kind(resource)
    if shared:
        types = tuple((name, "" if name in shared else kind) for name, kind in types)
    return _struct(types, obj)


@cache
def _kind(resource: Resource) -> tuple[tuple[str, str], ...]:
    return (*TYPE_META.items(), *_types(struct_of(resource)))


@cache
def _types(struct: str) -> tuple[tuple[str, str], ...]:
    """(name, type) of each field; of a simple type ""."""
    return tuple((name, _composite(field.type.removeprefix("*"))) for name, field in fields(struct).items())


def _composite(kind: str) -> str:
    inner = kind.removeprefix("[]") if kind.startswith("[]") else kind
    return kind if is_struct(inner) or inner.startswith("{}") else ""


def _struct(types: tuple[tuple[str, str], ...], obj: Object) -> Object:
    found = {name: _value(kind, obj[name]) if kind else obj[name] for name, kind in types if name in obj}
    return found if len(found) == len(obj) else found | {key: obj[key] for key in obj if key not in found}


def _value(kind: str, value: Any) -> Any:
    if isinstance(value, list):
        inner = kind.removeprefix("[]")
        return [_value(inner, each) for each in value]
    if not isinstance(value, dict):
        return value
    if kind.startswith("{}"):
        inner = kind.removeprefix("{}")
        return {key: _value(inner, value[key]) if is_struct(inner) else value[key] for key in sorted(value)}
    return _struct(_types(kind), value)
