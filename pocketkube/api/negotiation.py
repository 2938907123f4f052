"""What a client sends and what it wants to read: https://kubernetes.io/docs/reference/using-api/api-concepts/"""

from __future__ import annotations

import json
from typing import Any, Literal

import yaml
from aiohttp import web

from pocketkube.api import protobuf
from pocketkube.api.tables import table
from pocketkube.errors import ApiError, bad_request
from pocketkube.json_text import parse
from pocketkube.resources import Resource
from pocketkube.store import Object

Form = Literal["Object", "Table", "PartialObjectMetadata"]
AVAILABLE = (
    "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, "
    "application/vnd.kubernetes.protobuf;stream=watch"
)


def wanted_form(request: web.Request) -> Form:
    """The first form of the Accept header that can be given; ApiError 406 when there is none."""
    accept = request.headers.get("Accept", "") or "*/*"
    for entry in accept.split(","):
        media, *rest = (part.strip() for part in entry.split(";"))
        parameters = dict(part.split("=", 1) for part in rest if "=" in part)
        if media not in ("application/json", "*/*", "application/*", "application/yaml"):
            continue
        form = parameters.get("as", "")
        if form == "Table":
            return "Table"
        if form.startswith("PartialObjectMetadata"):
            return "PartialObjectMetadata"
        if not form:
            return "Object"
    message = f"406: Not Acceptable\n\nAvailable representations: {AVAILABLE}"
    raise ApiError(406, "NotAcceptable", message, {})


async def read_body(request: web.Request, kind: str) -> Any:
    """The body as JSON or YAML, None for an empty one; ApiError 400 or 415. `kind` is what it should be."""
    content = await request.read()
    if not content:
        return None
    media = request.content_type
    if media == "application/vnd.kubernetes.protobuf":
        try:
            return protobuf.decode(content)
        except ValueError as error:
            raise bad_request(f"the object provided is unrecognized (must be of type {kind}): {error}") from error
    text = content.decode("utf-8", "replace")
    try:
        return yaml.safe_load(text) if media.endswith("yaml") else parse(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        problem = f"couldn't get version/kind; json parse error: {error} ({text})"
        raise bad_request(f"the object provided is unrecognized (must be of type {kind}): {problem}") from error


def one(
    request: web.Request, resource: Resource, obj: Object, status: int = 200, warnings: list[str] | None = None
) -> web.Response:
    """A single object in the form that the client wants."""
    form = wanted_form(request)
    return respond(shaped(resource, obj, form, request), status, warnings)


def shaped(resource: Resource, obj: Object, form: Form, request: web.Request) -> Object:
    if form == "Table":
        revision = obj["metadata"].get("resourceVersion", "")
        include = request.query.get("includeObject", "Metadata")
        return table(resource, [obj], {"resourceVersion": revision}, include)
    if form == "PartialObjectMetadata":
        return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
    return obj


def many(
    request: web.Request, resource: Resource, objects: list[Object], metadata: Object, warnings: list[str]
) -> web.Response:
    """A list in the form that the client wants."""
    form = wanted_form(request)
    if form == "Table":
        rows = table(resource, objects, metadata, request.query.get("includeObject", "Metadata"))
        return respond(rows, warnings=warnings)
    if form == "PartialObjectMetadata":
        kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
        objects = [shaped(resource, obj, form, request) for obj in objects]
    else:
        kind, version = f"{resource.kind}List", resource.api_version
        # Items of a list carry no kind of their own on the wire.
        objects = [{key: value for key, value in obj.items() if key not in ("kind", "apiVersion")} for obj in objects]
    body = {"kind": kind, "apiVersion": version, "metadata": metadata, "items": objects}
    return respond(body, warnings=warnings)


def respond(body: Object, status: int = 200, warnings: list[str] | None = None) -> web.Response:
    response = web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")
    for text in warnings or ():
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
    return response
