"""What the API server's decoder makes of a body: types as Go has them, unknown fields by `fieldValidation`.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#field-validation
"""

from __future__ import annotations

from typing import Any

from pocketkube.admission.schema import Type, fields, go_type, model_of
from pocketkube.errors import bad_request
from pocketkube.quantity import parse
from pocketkube.resources import Resource
from pocketkube.store import Object

GO_KINDS = {dict: "object", list: "array", str: "string", bool: "bool", int: "number", float: "number"}
# The models do not say how wide an integer is; these are the wide ones.
INT64 = {
    "generation",
    "observedGeneration",
    "deletionGracePeriodSeconds",
    "terminationGracePeriodSeconds",
    "activeDeadlineSeconds",
    "gracePeriodSeconds",
    "runAsUser",
    "runAsGroup",
    "fsGroup",
    "tolerationSeconds",
    "expirationSeconds",
}
# Maps of quantities; the models say only that they are maps of strings.
QUANTITIES = {
    "allocatable",
    "capacity",
    "default",
    "defaultRequest",
    "hard",
    "limits",
    "max",
    "maxLimitRequestRatio",
    "min",
    "overhead",
    "requests",
    "used",
}


def decode(resource: Resource, body: Object, field_validation: str) -> tuple[Object, list[str]]:
    """The object as it is understood, and warnings. `field_validation`: Strict, Warn or Ignore.

    ApiError 400 for a value of the wrong type, for another kind, and, when Strict, for unknown fields.
    """
    kind, version = body.get("kind") or resource.kind, body.get("apiVersion") or resource.api_version
    what = f'{kind} in version "{version.rpartition("/")[2]}" cannot be handled as a {resource.kind}'
    if kind != resource.kind:
        group_version = version.rpartition("/")[2]
        raise bad_request(f"{what}: converting ({group_version}.{kind}) to (core.{resource.kind}): unknown conversion")
    unknown: list[str] = []
    decoded: Object = _Decoder(what, unknown).struct(model_of(resource), body, "", "")
    decoded["apiVersion"], decoded["kind"] = resource.api_version, resource.kind
    texts = [f'unknown field "{path}"' for path in unknown]
    if texts and field_validation == "Strict":
        raise bad_request(f"{what}: strict decoding error: {', '.join(texts)}")
    return decoded, texts if field_validation == "Warn" else []


class _Decoder:
    def __init__(self, what: str, unknown: list[str]) -> None:
        self._what = what
        self._unknown = unknown

    def struct(self, model: str, value: Any, path: str, go_path: str) -> Any:
        known = fields().get(model)
        if not known:
            return value
        if not isinstance(value, dict):
            self._mismatch(value, go_path, f"v1.{go_type(model)}")
        made = {}
        for key, inner in value.items():
            where = f"{path}.{key}" if path else key
            if key not in known:
                self._unknown.append(where)
            elif inner is not None:
                parent = go_path.rpartition(":")[2]
                made[key] = self.value(
                    known[key], inner, where, f"{go_type(model)}:{parent}{'.' if parent else ''}{key}"
                )
        return made

    def value(self, kind: Type, value: Any, path: str, go_path: str) -> Any:
        if isinstance(kind, list):
            return self._collection(kind, value, path, go_path)
        if kind[0].isupper():
            return self.struct(kind, value, path, go_path)
        if kind == "string" and path.endswith(".sizeLimit"):
            return self._quantity(value)
        fits = {
            "string": isinstance(value, str),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "boolean": isinstance(value, bool),
            "number": isinstance(value, (int, float)) and not isinstance(value, bool),
            "int-or-string": isinstance(value, (int, str)) and not isinstance(value, bool),
        }
        if not fits.get(kind, True):
            name = path.rpartition(".")[2]
            self._mismatch(value, go_path, _go_name(kind, name))
        return value

    def _collection(self, kind: Type, value: Any, path: str, go_path: str) -> Any:
        shape, inner = kind
        wanted = list if shape == "list" else dict
        if not isinstance(value, wanted):
            name = "[]" if shape == "list" else "map[string]"
            self._mismatch(value, go_path, name + _go_name(inner, ""))
        if shape == "list":
            return [self.value(inner, each, f"{path}[{number}]", go_path) for number, each in enumerate(value)]
        if inner == "string" and path.rpartition(".")[2] in QUANTITIES:
            return {key: self._quantity(each) for key, each in value.items() if each is not None}
        return {
            key: self.value(inner, each, f"{path}.{key}", go_path) for key, each in value.items() if each is not None
        }

    def _quantity(self, value: Any) -> str:
        """In canonical form: `cpu: 0.5` is a number in YAML and reads back as 500m."""
        try:
            return str(parse(str(value)))
        except ValueError as error:
            raise bad_request(f"{self._what}: {error}") from error

    def _mismatch(self, value: Any, go_path: str, wanted: str) -> None:
        model, _, rest = go_path.partition(":")
        found = GO_KINDS.get(type(value), "null")
        where = f"Go struct field {model}.{rest} of type" if model else "Go value of type"
        if found == "number" and wanted.startswith("int"):
            found = f"number {value}"
        raise bad_request(f"{self._what}: json: cannot unmarshal {found} into {where} {wanted}")


def _go_name(kind: Type, field: str) -> str:
    if isinstance(kind, list):
        return ("[]" if kind[0] == "list" else "map[string]") + _go_name(kind[1], "")
    if kind[0].isupper():
        return f"v1.{go_type(kind)}"
    wide = "int64" if field in INT64 else "int32"
    return {"integer": wide, "boolean": "bool", "number": "float64"}.get(kind, str(kind))
