"""OpenAPI v3 documents: what kubectl apply, create and explain ask for.

The structs are those of go_types; what they are for is said by the models of the `kubernetes` package. Importing those
takes 0.25 s, so the documents are built when first asked for and kept in the user's cache directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from pocketkube import go_types
from pocketkube.api.discovery import groups
from pocketkube.go_types import fields, is_struct, struct_of
from pocketkube.resources import SERVED, Resource
from pocketkube.store import Object
from pocketkube.version import KUBERNETES

META = "io.k8s.apimachinery.pkg.apis.meta.v1"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
# Structs that write themselves as one value: (name of the schema, schema).
SCALARS: dict[str, tuple[str, Object]] = {
    "time": (f"{META}.Time", {"type": "string", "format": "date-time"}),
    "micro-time": (f"{META}.MicroTime", {"type": "string", "format": "date-time"}),
    "fields": (f"{META}.FieldsV1", {"type": "object"}),
    "raw": ("io.k8s.apimachinery.pkg.runtime.RawExtension", {"type": "object"}),
    "quantity": (QUANTITY, {"oneOf": [{"type": "string"}, {"type": "number"}]}),
    "int-or-string": (INT_OR_STRING, {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}),
}
# What the models leave out: fields that are structs have no description there. Also of the scalars above.
TEXTS = Path(__file__).with_name("openapi_texts.json")
# {name of a Go type: {value: what it means, or empty}}: the types that Kubernetes marks with `+enum`.
ENUMS = Path(__file__).with_name("openapi_enums.json")
SIMPLE: dict[str, Object] = {
    "string": {"type": "string"},
    "duration": {"type": "string"},
    "bytes": {"type": "string", "format": "byte"},
    "bool": {"type": "boolean"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "float64": {"type": "number", "format": "double"},
}
EMPTY: dict[str, Any] = {"string": "", "bool": False, "int32": 0, "int64": 0}
KIND_FIELDS = ("apiVersion", "kind")  # of every top-level object; Go has them in TypeMeta


def index() -> Object:
    """`/openapi/v3`: where each group's document is, with a hash that changes with its content."""
    paths = {}
    for group, version in groups():
        path = f"apis/{group}/{version}" if group else f"api/{version}"
        digest = hashlib.sha256(document(path)).hexdigest().upper()
        paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
    return {"paths": paths}


def document(path: str) -> bytes:
    """The document of `api/v1` or `apis/GROUP/VERSION`; KeyError for one that is not served."""
    return _documents()[path].encode()


def version_two() -> tuple[bytes, bytes]:
    """`/openapi/v2` as JSON and as protobuf: a document that describes nothing.

    kubectl asks it about kinds that no group of version 3 has, and must find that it does not know them either.
    """
    info = {"title": "Kubernetes", "version": KUBERNETES}
    title, version = (
        bytes([tag, len(text)]) + text.encode() for tag, text in zip((0x0A, 0x12), info.values(), strict=True)
    )
    swagger = b"\x0a\x032.0"
    encoded = swagger + bytes([0x12, len(title + version)]) + title + version + b"\x42\x00"
    return json.dumps({"swagger": "2.0", "info": info, "paths": {}}).encode(), encoded


def _documents() -> dict[str, str]:
    """From the cache, when there is one for this version of the models, of the structs, of this file, these kinds."""
    from importlib import metadata  # noqa: PLC0415 - at the start of a cluster its milliseconds count

    made_of = [metadata.version("kubernetes"), *(each.kind for each in SERVED), *map("/".join, groups())]
    files = (Path(__file__), go_types.DATA, TEXTS, ENUMS)
    sources = [*(file.read_bytes() for file in files), " ".join(made_of).encode()]
    digest = hashlib.sha256(b"".join(sources)).hexdigest()[:16]
    path = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "pocketkube" / f"openapi-{digest}.json"
    with contextlib.suppress(OSError, ValueError):
        found: dict[str, str] = json.loads(path.read_text())
        return found
    made = {
        (f"apis/{group}/{version}" if group else f"api/{version}"): json.dumps(_document(resources))
        for (group, version), resources in groups().items()
    }
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(made, file)
        Path(file.name).rename(path)
    return made


def _document(resources: list[Resource]) -> Object:
    schemas: Object = {}
    kinds = {struct_of(resource): resource for resource in resources}
    waiting = list(kinds)
    while waiting:
        struct = waiting.pop()
        if _schema_name(struct) not in schemas:
            schemas[_schema_name(struct)] = _schema(struct, kinds.get(struct), waiting)
    texts = _texts()
    for name, schema in SCALARS.values():
        schemas[name] = {"description": texts.get(name.rpartition(".")[2], ""), **schema}
    paths = {path: operations for resource in resources for path, operations in _paths(resource).items()}
    info = {"title": "Kubernetes", "version": KUBERNETES}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _schema(struct: str, resource: Resource | None, waiting: list[str]) -> Object:
    """`waiting`: the structs that are still to be described; those that this one names are added."""
    purpose, described, required = _described(struct)
    properties: Object = {}
    if resource:
        properties = {name: {"description": described.get(name, ""), "type": "string"} for name in KIND_FIELDS}
    for name, field in fields(struct).items():
        schema = _property(field.type.removeprefix("*"), waiting)
        if "allOf" not in schema or not field.type.startswith("*"):
            schema = {**schema, **_default(field)}
        values = _enums().get(field.type_name.rpartition(".")[2], {}) if field.type.lstrip("*") == "string" else {}
        if values:
            schema["enum"] = list(values)
        properties[name] = {"description": _with_values(described.get(name, ""), values), **schema}
    made: Object = {"description": purpose, "type": "object", "properties": properties}
    if required:
        made["required"] = required
    if resource:
        kind = {"group": resource.group, "kind": resource.kind, "version": resource.version}
        made["x-kubernetes-group-version-kind"] = [kind]
    return made


def _property(kind: str, waiting: list[str]) -> Object:
    if kind.startswith("[]"):
        return {"type": "array", "items": _property(kind[2:], waiting)}
    if kind.startswith("{}"):
        return {"type": "object", "additionalProperties": _property(kind[2:], waiting)}
    if is_struct(kind):
        waiting.append(kind)
        return {"allOf": [{"$ref": f"#/components/schemas/{_schema_name(kind)}"}]}
    if kind in SCALARS:
        return {"allOf": [{"$ref": f"#/components/schemas/{SCALARS[kind][0]}"}]}
    return dict(SIMPLE[kind])


def _default(field: go_types.Field) -> Object:
    """The value of a field that is always there: Go's empty one."""
    if is_struct(field.type):
        return {"default": {}}
    return {"default": EMPTY[field.type]} if not field.omitempty and field.type in EMPTY else {}


def _with_values(description: str, values: dict[str, str]) -> str:
    """As k8s.io/kube-openapi/pkg/generators lists the values of an enum behind a field's description."""
    listed = "\n".join(f' - `"{value}"` {meaning}'.rstrip() for value, meaning in values.items())
    return f"{description}\n\nPossible enum values:\n{listed}" if listed else description


@cache
def _enums() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = json.loads(ENUMS.read_text())
    return loaded


@cache
def _texts() -> dict[str, str]:
    loaded: dict[str, str] = json.loads(TEXTS.read_text())
    return loaded


def _described(struct: str) -> tuple[str, dict[str, str], list[str]]:
    """What the struct is for, what each field is for, and which have to be there."""
    from kubernetes.client import models  # noqa: PLC0415 - takes 0.25 s, and is needed once

    group, _, name = struct.partition("/v1.")
    candidates = (f"{group.capitalize()}V1{name}", f"V1{name}")
    model = next((getattr(models, each) for each in candidates if hasattr(models, each)), None)
    if model is None:
        return "", {}, []
    about = {info.serialization_alias or name: info for name, info in model.model_fields.items()}
    purpose = (model.__doc__ or "").strip().partition("\n\n    Attributes:")[0]
    return (
        " ".join(purpose.split()),
        {name: info.description or _texts().get(f"{struct}.{name}", "") for name, info in about.items()},
        [name for name, info in about.items() if info.is_required()],
    )


def _schema_name(struct: str) -> str:
    if struct.startswith("meta/"):
        return f"{META}.{struct.rpartition('.')[2]}"
    return f"io.k8s.api.{struct.replace('/', '.')}"


def _paths(resource: Resource) -> dict[str, Any]:
    base = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    scope = "/namespaces/{namespace}" if resource.namespaced else ""
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": True}}
        for name in ("dryRun", "fieldManager", "fieldValidation")
    ]

    def operation(action: str) -> Object:
        answer = {"200": {"description": "OK"}}
        return {
            "x-kubernetes-action": action,
            "x-kubernetes-group-version-kind": kind,
            "parameters": parameters,
            "responses": answer,
        }

    collection = f"{base}{scope}/{resource.plural}"
    return {
        collection: {"get": operation("list"), "post": operation("post")},
        f"{collection}/{{name}}": {
            "get": operation("get"),
            "put": operation("put"),
            "patch": operation("patch"),
            "delete": operation("delete"),
        },
    }
