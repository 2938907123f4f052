"""Bodies in the Kubernetes protobuf encoding, which kubectl create sends.

`k8s\\0`, then a runtime.Unknown: 1 the apiVersion and kind, 2 the object. Source:
https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pocketkube.go_types import Field, is_struct, message, named
from pocketkube.store import Object

MAGIC = b"k8s\0"
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types
# Kinds that every group version knows; their struct is that of k8s.io/apimachinery.
META_KINDS = {"DeleteOptions": "meta/v1.DeleteOptions"}
Value = int | bytes


def decode(body: bytes) -> Object:
    """The object as it would be in JSON; ValueError for bytes that are no such encoding or another kind of object."""
    if not body.startswith(MAGIC):
        raise ValueError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    unknown = dict(_fields(body[len(MAGIC) :]))
    meta = dict(_fields(_bytes(unknown.get(1, b""))))
    version, kind = (_bytes(meta.get(number, b"")).decode() for number in (1, 2))
    group, _, short = version.rpartition("/")
    struct_name = META_KINDS.get(kind) or named(group, short, kind)
    try:
        found = _struct(struct_name, _bytes(unknown.get(2, b"")))
    except KeyError:
        raise ValueError(f'no kind "{kind}" is registered for version "{version}"') from None
    return {"apiVersion": version, "kind": kind, **found}


def _struct(name: str, content: bytes) -> Object:
    """What Go would write as JSON: absent what is empty and may be left out."""
    known = message(name)
    made: Object = {}
    for number, value in _fields(content):
        field = known.get(number)
        if field is None:
            continue
        kind = field.type.removeprefix("*")
        if not field.name:
            made |= _struct(kind, _bytes(value))
        elif kind.startswith("[]"):
            made.setdefault(field.name, []).extend(_items(kind[2:], value))
        elif kind.startswith("{}"):
            key, item = _entry(kind[2:], _bytes(value))
            made.setdefault(field.name, {})[key] = item
        else:
            made[field.name] = _value(kind, value)
            if _left_out(field, made[field.name]):
                del made[field.name]
    return made


def _left_out(field: Field, value: Any) -> bool:
    return field.omitempty and not field.type.startswith("*") and value in ("", 0, False, None, {})


def _entry(kind: str, content: bytes) -> tuple[str, Any]:
    """One pair of a map: 1 the key, 2 the value."""
    pair = dict(_fields(content))
    return _bytes(pair.get(1, b"")).decode(), _value(kind, pair.get(2, b"" if kind not in ("int32", "int64") else 0))


def _items(kind: str, value: Value) -> Iterator[Any]:
    if kind in ("int32", "int64") and isinstance(value, bytes):  # packed
        position = 0
        while position < len(value):
            number, position = _varint(value, position)
            yield _signed(number)
    else:
        yield _value(kind, value)


def _value(kind: str, value: Value) -> Any:
    if is_struct(kind):
        return _struct(kind, _bytes(value))
    if kind.startswith("[]"):  # a named list as a map's value is a message of its own: 1 the items
        return [item for number, each in _fields(_bytes(value)) if number == 1 for item in _items(kind[2:], each)]
    if kind == "string":
        return _bytes(value).decode()
    if kind == "bytes":
        return base64.b64encode(_bytes(value)).decode()
    if kind == "bool":
        return bool(value)
    if kind in ("int32", "int64"):
        return _signed(_number(value))
    if kind == "float64":
        return struct.unpack("<d", _bytes(value))[0]
    inner = dict(_fields(_bytes(value)))
    if kind == "quantity":
        return _bytes(inner.get(1, b"")).decode()
    if kind == "int-or-string":
        return _bytes(inner.get(3, b"")).decode() if inner.get(1) else _signed(_number(inner.get(2, 0)))
    if kind in ("time", "micro-time"):
        return _time(_signed(_number(inner.get(1, 0))), _number(inner.get(2, 0)), kind)
    if kind == "duration":
        return f"{_signed(_number(inner.get(1, 0)))}ns"
    return json.loads(_bytes(inner.get(1, b"")) or b"{}")  # fields, raw: JSON inside


def _time(seconds: int, nanoseconds: int, kind: str) -> str | None:
    if not seconds and not nanoseconds:
        return None
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if kind == "time" else "%Y-%m-%dT%H:%M:%S.%fZ")


def _fields(content: bytes) -> Iterator[tuple[int, Value]]:
    position = 0
    while position < len(content):
        tag, position = _varint(content, position)
        number, wire = tag >> 3, tag & 7
        value: Value
        if wire == VARINT:
            value, position = _varint(content, position)
        elif wire in (FIXED64, FIXED32, BYTES):
            size = {FIXED64: 8, FIXED32: 4}.get(wire)
            if size is None:
                size, position = _varint(content, position)
            value = content[position : position + size]
            position += size
            if position > len(content):
                raise ValueError("unexpected EOF")
        else:
            raise ValueError(f"proto: illegal wireType {wire}")
        yield number, value


def _varint(content: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(content):
            raise ValueError("unexpected EOF")
        byte = content[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position
        if shift >= 70:
            raise ValueError("proto: integer overflow")


def _signed(number: int) -> int:
    return number - (1 << 64) if number >= 1 << 63 else number


def _bytes(value: Value) -> bytes:
    if isinstance(value, int):
        raise ValueError("proto: wrong wireType = 0 for a field of bytes")
    return value


def _number(value: Value) -> int:
    if isinstance(value, bytes):
        raise ValueError("proto: wrong wireType = 2 for a number")
    return value
