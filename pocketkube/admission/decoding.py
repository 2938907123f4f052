"""What the API server's decoder makes of a body: types as Go has them, unknown fields by `fieldValidation`.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation; the words are those of Go's
encoding/json.
"""

from __future__ import annotations

import base64
import json
from typing import Any, NoReturn

from pocketkube.errors import ApiError, Cause, bad_request
from pocketkube.go_time import canonical
from pocketkube.go_types import Field, fields, has_struct, is_struct, named, struct_of
from pocketkube.json_text import Repeating, json_kind
from pocketkube.quantity import parse
from pocketkube.resources import Resource
from pocketkube.store import Object

SCHEME = "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"
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
    short = version.rpartition("/")[2]
    what = f'{kind} in version "{short}" cannot be handled as a {resource.kind}'
    if (kind, version) != (resource.kind, resource.api_version):
        if not _is_known(version, kind):
            raise bad_request(f"{what}: {_not_registered(version, kind)}")
        package = INTERNAL.get(resource.group, resource.group)
        raise bad_request(f"{what}: converting ({short}.{kind}) to ({package}.{resource.kind}): unknown conversion")
    decoder = _Decoder()
    try:
        decoded = decoder.whole(resource, body)
    except _Undecodable as error:
        raise bad_request(f"{what}: {error}") from error
    if decoder.problems and field_validation == "Strict":
        raise bad_request(f"{what}: {decoder.strict_error()}")
    return decoded, decoder.problems if field_validation == "Warn" else []


def decode_struct(struct: str, body: Object) -> Object:
    """As `decode`, of a body that is no resource itself: `meta/v1.DeleteOptions`. Unknown fields are passed over."""
    kind = struct.rpartition(".")[2]
    short = (body.get("apiVersion") or struct.partition(".")[0]).rpartition("/")[2]
    try:
        return _Decoder().struct(struct, body, "", "")
    except _Undecodable as error:
        what = f'{body.get("kind") or kind} in version "{short}" cannot be handled as a {kind}'
        raise bad_request(f"{what}: {error}") from error


def decode_patched(
    resource: Resource, patched: Object, field_validation: str, shown: str, *, strategic: bool, repeated: list[str]
) -> tuple[Object, list[str]]:
    """As `decode`, of what a patch has made; ApiError 422 that shows the patch, or what came of it.

    A strategic merge patch is not decoded but converted (k8s.io/apimachinery/pkg/runtime/converter.go), which has words
    of its own. `repeated`: what the patch has twice.
    """
    kind, version = patched.get("kind"), patched.get("apiVersion")
    if not strategic and isinstance(kind, str) and isinstance(version, str) and not _is_known(version, kind):
        raise _invalid_patch(shown, _not_registered(version, kind))
    decoder = _Decoder(converts=strategic)
    try:
        decoded = decoder.whole(resource, patched)
    except _Undecodable as error:
        raise _invalid_patch(shown, str(error)) from error
    decoder.problems = [*repeated, *decoder.problems]
    if decoder.problems and field_validation == "Strict":
        raise _invalid_patch(shown, decoder.strict_error())
    return decoded, decoder.problems if field_validation == "Warn" else []


def _is_known(version: str, kind: str) -> bool:
    """Whether the API server knows a kind of that name, whatever it serves."""
    group, _, short = version.rpartition("/")
    return has_struct(named(group, short, kind))


def _not_registered(version: str, kind: str) -> str:
    return f'no kind "{kind}" is registered for version "{version}" in scheme "{SCHEME}"'


def _invalid_patch(shown: str, why: str) -> ApiError:
    cause = Cause.invalid("patch", json.dumps(shown, ensure_ascii=False), why)
    causes = [{"reason": cause.reason, "message": cause.message, "field": cause.field}]
    return ApiError(422, "Invalid", f' "" is invalid: {cause.field}: {cause.message}', {"causes": causes})


class _Undecodable(Exception):
    """In Go's words."""


class _Decoder:
    """`converts`: says what is wrong as the converter of strategic merge patches does."""

    def __init__(self, *, converts: bool = False) -> None:
        self.problems: list[str] = []
        self._converts = converts

    def whole(self, resource: Resource, body: Object) -> Object:
        made = self.struct(struct_of(resource), body, "", "")
        return {"kind": resource.kind, "apiVersion": resource.api_version, **made}

    def strict_error(self) -> str:
        return f"strict decoding error: {', '.join(self.problems)}"

    def struct(self, name: str, value: Object, path: str, go_path: str) -> Object:
        """`path` has indices, as in messages about unknown fields; `go_path` has none, as in Go's about types."""
        known = fields(name)
        made: Object = {}
        for key, inner in value.items():
            where = f"{path}.{key}" if path else key
            if isinstance(value, Repeating) and key in value.repeated:
                self.problems.append(f'duplicate field "{where}"')
            field = known.get(key)
            if field is None:
                if path or key not in ("kind", "apiVersion"):
                    self.problems.append(f'unknown field "{where}"')
            elif inner is not None:
                go_where = f"{go_path}.{key}" if go_path else key
                found = self._value(field, field.type, inner, where, f"{name.rpartition('.')[2]}.{go_where}")
                if not _left_out(field, found):
                    made[key] = found
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
            return "0" if kind == "quantity" else EMPTY.get(kind, {} if is_struct(kind) else None)
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
            raise _Undecodable(error) from error

    def _time(self, value: str, kind: str) -> str:
        try:
            return canonical(value, micro=kind == "micro-time")
        except ValueError as error:
            raise _Undecodable(error) from error

    def _bytes(self, value: str) -> str:
        try:
            base64.b64decode("".join(value.split()), validate=True)
        except ValueError as error:
            kept = "".join(value.split("\n"))
            wrong = next((at for at, letter in enumerate(kept) if not _is_base64(letter)), len(kept) // 4 * 4)
            raise _Undecodable(f"illegal base64 data at input byte {wrong}") from error
        return value

    def _mismatch(self, field: Field, kind: str, value: Any, go_path: str) -> NoReturn:
        if self._converts:
            raise _Undecodable(_not_converted(kind, value))
        wanted, found = _go_name(kind, field.type_name), json_kind(value)
        if found == "number" and wanted.startswith("int"):
            found = f"number {value}"
        raise _Undecodable(f"json: cannot unmarshal {found} into Go struct field {go_path} of type {wanted}")


def _not_converted(kind: str, value: Any) -> str:
    kind = kind.removeprefix("*")
    found = {"object": "map", "array": "slice", "bool": "bool", "string": "string"}.get(json_kind(value))
    found = found or ("float64" if isinstance(value, float) else "int64")
    if kind.startswith("[]"):
        return f"cannot restore slice from {found}"
    if kind.startswith("{}"):
        return f"cannot restore map from {found}"
    if is_struct(kind):
        return f"cannot restore struct from: {found}"
    wanted = GO_NAMES.get(kind, kind)
    if kind == "int-or-string":
        return f"json: cannot unmarshal {json_kind(value)} into Go value of type {wanted}"
    numbers = found in ("int64", "float64")
    if numbers and wanted in ("string", "int32", "int64"):
        return f"cannot convert {found} to {wanted}"
    return f"unrecognized type: {wanted}"


def _left_out(field: Field, value: Any) -> bool:
    """Whether an empty value is none: only a pointer tells Go that it was given."""
    return field.omitempty and not value and (field.type in EMPTY or field.type.startswith(("[]", "{}")))


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
