"""What the API server's decoder makes of a body: types as Go has them, unknown fields by `fieldValidation`.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation; the words are those of Go's
encoding/json.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, NoReturn

from pocketkube.errors import bad_request
from pocketkube.go_types import Field, fields, is_struct, struct_of
from pocketkube.json_text import Repeating
from pocketkube.quantity import parse
from pocketkube.resources import Resource
from pocketkube.store import Object

GO_KINDS = {dict: "object", list: "array", str: "string", bool: "bool", int: "number", float: "number"}
RANGES = {"int32": 1 << 31, "int64": 1 << 63}
GO_NAMES = {
    "int-or-string": "int32",
    "time": "string",
    "micro-time": "string",
    "duration": "string",
    "bytes": "[]uint8",
    "quantity": "resource.Quantity",
    "raw": "runtime.RawExtension",
    "fields": "v1.FieldsV1",
}
EMPTY: dict[str, Any] = {"string": "", "bool": False, "int32": 0, "int64": 0, "float64": 0, "bytes": ""}
# Go's packages of what goes by another name than that of its version.
INTERNAL = {"": "core", "discovery.k8s.io": "discovery", "networking.k8s.io": "networking"}


def decode(resource: Resource, body: Object, field_validation: str) -> tuple[Object, list[str]]:
    """The object as it is understood, and warnings. `field_validation`: Strict, Warn or Ignore.

    ApiError 400 for a value of the wrong type, for another kind, and, when Strict, for unknown fields.
    """
    kind, version = body.get("kind") or resource.kind, body.get("apiVersion") or resource.api_version
    if not isinstance(kind, str) or not isinstance(version, str):
        name, value = ("kind", kind) if not isinstance(kind, str) else ("apiVersion", version)
        problem = f"json: cannot unmarshal {_kind(value)} into Go struct field .{name} of type string"
        what = f"couldn't get version/kind; json parse error: {problem}"
        raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): {what}")
    short = version.rpartition("/")[2]
    what = f'{kind} in version "{short}" cannot be handled as a {resource.kind}'
    if (kind, version) != (resource.kind, resource.api_version):
        package = INTERNAL.get(resource.group, resource.group)
        raise bad_request(f"{what}: converting ({short}.{kind}) to ({package}.{resource.kind}): unknown conversion")
    problems: list[str] = []
    decoded: Object = {"kind": resource.kind, "apiVersion": resource.api_version}
    decoded |= _Decoder(what, problems).struct(struct_of(resource), body, "", "")
    if problems and field_validation == "Strict":
        raise bad_request(f"{what}: strict decoding error: {', '.join(problems)}")
    return decoded, problems if field_validation == "Warn" else []


class _Decoder:
    def __init__(self, what: str, problems: list[str]) -> None:
        self._what = what
        self._problems = problems

    def struct(self, name: str, value: Object, path: str, go_path: str) -> Object:
        """`path` has indices, as in messages about unknown fields; `go_path` has none, as in Go's about types."""
        known = fields(name)
        made: Object = {}
        for key, inner in value.items():
            where = f"{path}.{key}" if path else key
            if isinstance(value, Repeating) and key in value.repeated:
                self._problems.append(f'duplicate field "{where}"')
            field = known.get(key)
            if field is None:
                if path or key not in ("kind", "apiVersion"):
                    self._problems.append(f'unknown field "{where}"')
            elif inner is not None:
                go_where = f"{go_path}.{key}" if go_path else key
                made[key] = self._value(field, field.type, inner, where, f"{name.rpartition('.')[2]}.{go_where}")
        return made

    def _value(self, field: Field, kind: str, value: Any, path: str, go_path: str) -> Any:
        kind = kind.removeprefix("*")
        if kind.startswith("[]"):
            if not isinstance(value, list):
                self._mismatch(field, kind, value, go_path)
            each = enumerate(value)
            return [self._item(field, kind[2:], inner, f"{path}[{number}]", go_path) for number, inner in each]
        if kind.startswith("{}"):
            if not isinstance(value, dict):
                self._mismatch(field, kind, value, go_path)
            return {key: self._item(field, kind[2:], inner, f"{path}.{key}", go_path) for key, inner in value.items()}
        if is_struct(kind):
            if not isinstance(value, dict):
                self._mismatch(field, kind, value, go_path)
            return self.struct(kind, value, path, go_path.partition(".")[2])
        return self._scalar(field, kind, value, go_path)

    def _item(self, field: Field, kind: str, value: Any, path: str, go_path: str) -> Any:
        """In a list or a map, null is the type's empty value; a field that is null is left out."""
        if value is None:
            return EMPTY.get(kind, {} if is_struct(kind) else None)
        return self._value(field, kind, value, path, go_path)

    def _scalar(self, field: Field, kind: str, value: Any, go_path: str) -> Any:
        if kind == "quantity":
            return self._quantity(value)
        if kind in ("time", "micro-time") and isinstance(value, str):
            return self._time(value, kind)
        if kind == "bytes" and isinstance(value, str):
            return self._bytes(value)
        number = isinstance(value, int) and not isinstance(value, bool)
        fits = {
            "string": isinstance(value, str),
            "duration": isinstance(value, str),
            "bool": isinstance(value, bool),
            "int32": number and -RANGES["int32"] <= value < RANGES["int32"],
            "int64": number and -RANGES["int64"] <= value < RANGES["int64"],
            "float64": number or isinstance(value, float),
            "int-or-string": isinstance(value, str) or (number and -RANGES["int32"] <= value < RANGES["int32"]),
            "fields": isinstance(value, dict),
            "raw": isinstance(value, dict),
        }
        if not fits.get(kind, False):
            self._mismatch(field, kind, value, go_path)
        return value

    def _quantity(self, value: Any) -> str:
        """In canonical form: `cpu: 0.5` is a number in YAML and reads back as 500m."""
        try:
            return str(parse(str(value).strip()))
        except ValueError as error:
            raise bad_request(f"{self._what}: {error}") from error

    def _time(self, value: str, kind: str) -> str:
        layout = "2006-01-02T15:04:05Z07:00" if kind == "time" else "2006-01-02T15:04:05.000000Z07:00"
        try:
            datetime.fromisoformat(value)
        except ValueError as error:
            problem = f'parsing time "{value}" as "{layout}": cannot parse "{value}" as "2006"'
            raise bad_request(f"{self._what}: {problem}") from error
        return value

    def _bytes(self, value: str) -> str:
        try:
            base64.b64decode("".join(value.split()), validate=True)
        except binascii.Error as error:
            kept = "".join(value.split("\n"))
            wrong = next((at for at, letter in enumerate(kept) if not _is_base64(letter)), len(kept) // 4 * 4)
            raise bad_request(f"{self._what}: illegal base64 data at input byte {wrong}") from error
        return value

    def _mismatch(self, field: Field, kind: str, value: Any, go_path: str) -> NoReturn:
        wanted, found = _go_name(kind, field.go_name), _kind(value)
        if found == "number" and wanted.startswith("int"):
            found = f"number {value}"
        raise bad_request(
            f"{self._what}: json: cannot unmarshal {found} into Go struct field {go_path} of type {wanted}"
        )


def _kind(value: Any) -> str:
    return next((name for kind, name in GO_KINDS.items() if type(value) is kind or isinstance(value, kind)), "null")


def _is_base64(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter in "+/=")


def _go_name(kind: str, own_name: str) -> str:
    """The type in Go's words; `own_name` is that of a map of quantities, else of the strings within."""
    kind = kind.removeprefix("*")
    if kind == "{}quantity" and own_name:
        return own_name
    if kind.startswith("[]"):
        return "[]" + _go_name(kind[2:], own_name)
    if kind.startswith("{}"):
        return "map[string]" + _go_name(kind[2:], own_name)
    if is_struct(kind):
        return kind.partition("/")[2]
    if kind == "string":
        return own_name or kind
    return GO_NAMES.get(kind, kind)
