"""The Go structs of the Kubernetes API: what a field is called, its Go type, its number in protobuf, how it is merged.

The data is `go_types.json`, which `setup/go_types.py` reads from the pinned kubectl.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pocketkube.resources import Resource

DATA = Path(__file__).with_suffix(".json")


@dataclass(frozen=True, slots=True)
class Field:
    """`type`: `*T`, `[]T`, `{}T` (a map of strings to T), a struct such as `core/v1.ServiceSpec`, or a simple type:
    string, bytes, bool, int32, int64, float64, quantity, int-or-string, time, micro-time, duration, fields, raw.

    `go_name`: the field's name in Go. `type_name`: the type's own name there, as in `v1.Protocol`, or empty.
    `merge_key`: of a list that strategic merge patch merges, `*` where the items themselves are the keys.
    `omitempty`: an empty value is left out of JSON.
    """

    name: str
    go_name: str
    type: str
    type_name: str
    number: int
    merge_key: str
    omitempty: bool


@cache
def _data() -> dict[str, list[list[Any]]]:
    loaded: dict[str, list[list[Any]]] = json.loads(DATA.read_text())
    return loaded


@cache
def message(struct: str) -> dict[int, Field]:
    """{number in protobuf: field}; an embedded struct is a field without a name."""
    return {field.number: field for field in own_fields(struct)}


@cache
def fields(struct: str) -> dict[str, Field]:
    """{name in JSON: field}, with those of embedded structs."""
    found: dict[str, Field] = {}
    for field in own_fields(struct):
        found |= {field.name: field} if field.name else fields(field.type)
    return found


def is_struct(kind: str) -> bool:
    return "/" in kind and kind[0].isalpha()


def has_struct(name: str) -> bool:
    return name in _data()


def struct_of(resource: Resource) -> str:
    """`apps/v1.Deployment`"""
    return named(resource.group, resource.version, resource.kind)


def named(group: str, version: str, kind: str) -> str:
    return f"{group.partition('.')[0] or 'core'}/{version}.{kind}"


def own_fields(struct: str) -> list[Field]:
    """In the order of the struct; an embedded struct is a field without a name."""
    return [
        Field(
            name,
            go_name[0] if go_name else name[:1].upper() + name[1:],
            kind.partition("=")[0],
            kind.partition("=")[2],
            number,
            merge_key,
            omitempty,
        )
        for name, kind, number, merge_key, omitempty, *go_name in _data()[struct]
    ]
