"""What a client sends and what it wants to read: https://kubernetes.io/docs/reference/using-api/api-concepts/"""

from __future__ import annotations

from typing import Any, Literal

import yaml
from aiohttp import web

from pocketkube.api import protobuf
from pocketkube.api.event_views import on_the_wire, outgoing
from pocketkube.api.tables import table
from pocketkube.errors import ApiError, bad_request
from pocketkube.json_text import json_kind, parse, pretty, written
from pocketkube.resources import Resource
from pocketkube.store import Object

YAML, PROTOBUF = "application/yaml", "application/vnd.kubernetes.protobuf"
SERIALIZED = ("application/json", YAML, PROTOBUF)
WIDEST = 1 << 30  # columns: lines are never folded
BROWSERS = ("curl", "Wget", "Mozilla/5.0")  # their users read what they are answered
Form = Literal["Object", "Table", "PartialObjectMetadata"]
SHOWN = 30  # bytes
TYPE_META = r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
AVAILABLE = (
    "application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, "
    "application/vnd.kubernetes.protobuf;stream=watch"
)


class NoYaml(Exception):
    """A text that is none."""


def wanted_form(request: web.Request) -> Form:
    """The first form of the Accept header that can be given; ApiError 406 when there is none."""
    entries = _accepted(request)
    for _, form in entries:
        if form == "Table":
            return "Table"
        if form.startswith("PartialObjectMetadata"):
            return "PartialObjectMetadata"
        if not form:
            return "Object"
    if entries:  # the media type is known to the routes; that it is not written in this form comes out later
        raise ApiError(406, "NotAcceptable", f"only the following media types are accepted: {', '.join(SERIALIZED)}")
    message = f"406: Not Acceptable\n\nAvailable representations: {AVAILABLE}"
    raise ApiError(406, "NotAcceptable", message, {})


def _accepted(request: web.Request) -> list[tuple[str, str]]:
    """The media types of the Accept header that can be given, each with the form (`as=`) that it asks for."""
    found = []
    for entry in (request.headers.get("Accept", "") or "*/*").split(","):
        media, *rest = (part.strip() for part in entry.split(";"))
        parameters = dict(part.split("=", 1) for part in rest if "=" in part)
        if media in ("application/json", "*/*", "application/*", YAML):
            found.append((media, parameters.get("as", "")))
    return found


async def read_body(request: web.Request, kind: str) -> Object:
    """The object in JSON, YAML or protobuf; ApiError 400 for what is none. `kind`: what it should be."""
    content = await request.read()
    try:
        if request.content_type == PROTOBUF:
            return protobuf.decode(content)
        text = content.decode("utf-8", "replace")
        return _with_kind(_yaml(text) if request.content_type.endswith("yaml") else parse(text))
    except NoYaml as error:
        problem = str(error)
    except (ValueError, RecursionError) as error:
        problem = f"couldn't get version/kind; json parse error: {error}"
    raise bad_request(f"the object provided is unrecognized (must be of type {kind}): {problem} ({_shown(content)})")


async def read_object(request: web.Request, kind: str) -> Object:
    """As `read_body`; ApiError 415 for a media type that is none of an object's."""
    media = request.content_type
    if "Content-Type" in request.headers and media not in (*SERIALIZED, "application/octet-stream"):
        what = "the body of the request was in an unknown format - accepted media types include: "
        raise ApiError(415, "UnsupportedMediaType", what + ", ".join(SERIALIZED))
    return await read_body(request, kind)


async def read_applied(request: web.Request, resource: Resource) -> Object:
    """The configuration that server-side apply is given, in YAML or JSON; ApiError 400 for what is none.

    Source: k8s.io/apimachinery/pkg/util/managedfields/internal
    """
    text = (await request.read()).decode("utf-8", "replace")
    try:
        body = _yaml(text) if request.content_type.endswith("yaml") else parse(text)
    except NoYaml as error:
        raise bad_request(f"error decoding YAML: error converting YAML to JSON: {error}") from error
    except (ValueError, RecursionError) as error:
        raise bad_request(f"error decoding YAML: {error}") from error
    if not isinstance(body, dict):
        what = f"json: cannot unmarshal {json_kind(body)} into Go value of type map[string]interface {{}}"
        raise bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {what}")
    version = body.get("apiVersion") or ""
    if version != resource.api_version:
        what = f"Specified patch version: {version}, expected: {resource.api_version}"
        raise bad_request(f"Incorrect version specified in apply patch. {what}")
    metadata = body.get("metadata")
    if isinstance(metadata, dict) and metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    return body


async def read_patch(request: web.Request) -> Any:
    """A patch in JSON; ApiError 400 for a text that is none."""
    text = (await request.read()).decode("utf-8", "replace")
    try:
        return parse(text)
    except ValueError as error:
        strategic = request.content_type == "application/strategic-merge-patch+json"
        raise bad_request(str(error) if strategic else f"error decoding patch: {error}") from error


def _yaml(text: str) -> Any:
    """NoYaml in the words of go-yaml, which counts lines from where its parser stands."""
    try:
        return yaml.load(text, yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + isinstance(error, yaml.scanner.ScannerError) if mark and mark.line else 0
        raise NoYaml(f"yaml: {f'line {line}: ' if line else ''}{error.problem}") from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise NoYaml(f"yaml: {error}") from error


def _with_kind(body: Any) -> Object:
    if body is None:  # Go leaves the object as it is
        return {}
    if not isinstance(body, dict):
        raise ValueError(f"json: cannot unmarshal {json_kind(body)} into Go value of type {TYPE_META}")
    for name in ("apiVersion", "kind"):
        if not isinstance(body.get(name) or "", str):
            found = json_kind(body[name])
            raise ValueError(f"json: cannot unmarshal {found} into Go struct field .{name} of type string")
    return body


def _shown(content: bytes) -> str:
    """The beginning of a body, as the API server shows it."""
    if not content:
        return "<empty>"
    more = " ..." if len(content) > SHOWN else ""
    text = content[:SHOWN].decode("utf-8", "replace") if content.startswith(b"{") else content[:SHOWN].hex()
    return text + more


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
    obj = outgoing(request, obj)
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
        kind, version = f"{resource.kind}List", on_the_wire(request, resource).api_version
        objects = [outgoing(request, obj) for obj in objects]
        # Items of a list carry no kind of their own on the wire.
        objects = [{key: value for key, value in obj.items() if key not in ("kind", "apiVersion")} for obj in objects]
    body = {"kind": kind, "apiVersion": version, "metadata": metadata, "items": objects}
    return respond(body, warnings=warnings)


def respond(body: Object, status: int = 200, warnings: list[str] | None = None) -> web.Response:
    response = web.Response(body=written(body), status=status, content_type="application/json")
    for text in warnings or ():
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        response.headers.add("Warning", f'299 - "{quoted}"')
    retry = (body.get("details") or {}).get("retryAfterSeconds") if body.get("kind") == "Status" else None
    if retry:
        response.headers["Retry-After"] = str(retry)
    return response


def presented(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """An answer in JSON, as YAML for who prefers that, or indented for people.

    Source: k8s.io/apiserver/pkg/endpoints/handlers/negotiation
    """
    if not isinstance(response, web.Response) or response.content_type != "application/json" or not response.body:
        return response
    accepted = _accepted(request)
    if accepted and accepted[0][0] == YAML:
        text = yaml.dump(parse(_text(response)), Dumper=yaml.CSafeDumper, allow_unicode=True, width=WIDEST)
        response.body, response.content_type = text.encode(), YAML
    elif _for_people(request):
        response.body = pretty(parse(_text(response)))
    return response


def _text(response: web.Response) -> str:
    assert isinstance(response.body, bytes)
    return response.body.decode()


def _for_people(request: web.Request) -> bool:
    asked = request.query.get("pretty", "")
    if asked:
        return asked in ("1", "t", "T", "true", "TRUE", "True")
    # These documents are written for people whoever asks (responsewriters.WriteRawJSON).
    return request.path in ("/", "/version") or request.headers.get("User-Agent", "").startswith(BROWSERS)
