"""OpenAPI v3 documents, from the models of the `kubernetes` package: what kubectl apply and create ask for.

Built when first asked for, and kept in the user's cache directory: see admission.schema.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pocketkube.admission.schema import Type, cached, fields, go_type, model_of
from pocketkube.api.discovery import groups
from pocketkube.resources import Resource
from pocketkube.store import Object

SIMPLE: dict[str, Object] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "number": {"type": "number"},
    "int-or-string": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    "any": {},
}


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
    documents: dict[str, str] = cached("openapi", _build)
    return documents[path].encode()


def _build() -> dict[str, str]:
    return {
        (f"apis/{group}/{version}" if group else f"api/{version}"): json.dumps(_document(resources))
        for (group, version), resources in groups().items()
    }


def _document(resources: list[Resource]) -> Object:
    schemas: Object = {}
    waiting = [model_of(resource) for resource in resources]
    kinds = {model_of(resource): resource for resource in resources}
    while waiting:
        model = waiting.pop()
        if _name(model) in schemas:
            continue
        schemas[_name(model)] = _schema(model, kinds.get(model), waiting)
    paths = {path: operations for resource in resources for path, operations in _paths(resource).items()}
    info = {"title": "Kubernetes", "version": "v1.36.2"}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _schema(model: str, resource: Resource | None, waiting: list[str]) -> Object:
    from kubernetes.client import models  # noqa: PLC0415 - once a version of the package; see admission.schema

    described = {
        info.serialization_alias or name: info.description or ""
        for name, info in getattr(models, model).model_fields.items()
    }
    properties = {
        name: {"description": described.get(name, ""), **_property(kind, waiting)}
        for name, kind in fields()[model].items()
    }
    schema: Object = {"type": "object", "properties": properties}
    if resource:
        kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        schema["x-kubernetes-group-version-kind"] = [kind]
    return schema


def _property(kind: Type, waiting: list[str]) -> Object:
    if isinstance(kind, list):
        inner = _property(kind[1], waiting)
        return (
            {"type": "array", "items": inner}
            if kind[0] == "list"
            else {"type": "object", "additionalProperties": inner}
        )
    if kind[0].isupper():
        waiting.append(kind)
        return {"allOf": [{"$ref": f"#/components/schemas/{_name(kind)}"}], "default": {}}
    return dict(SIMPLE[kind])


def _name(model: str) -> str:
    return f"io.k8s.api.{go_type(model)}"


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
