"""The verbs on resources: https://kubernetes.io/docs/reference/using-api/api-concepts/#standard-api-terminology"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from aiohttp import web

from pocketkube import admission
from pocketkube.admission.formats import compact, not_negative, quoted
from pocketkube.admission.metadata_validation import IMMUTABLE
from pocketkube.api import apply_schema
from pocketkube.api.apply import CONTENT_TYPES, server_side_apply
from pocketkube.api.event_views import core_field, incoming, on_the_wire, outgoing
from pocketkube.api.negotiation import many, one, read_applied, read_body, read_object, read_patch, respond
from pocketkube.api.options import check_delete, check_list, check_write, is_dry_deletion, is_dry_run, is_true, number
from pocketkube.api.patch import PATCH_TYPES, STRATEGIC_PATCH, apply_patch
from pocketkube.api.selectors import parse_field_selector, parse_label_selector
from pocketkube.errors import ApiError, Cause, bad_request, invalid
from pocketkube.go_types import struct_of
from pocketkube.json_text import go_text, parse, repeated_names
from pocketkube.label_selector import selector_of
from pocketkube.managed_fields import record_update
from pocketkube.registry import Recorder, Registry, may_go, timestamp
from pocketkube.resources import (
    ENDPOINTS,
    EVENTS,
    EVENTS_V1,
    JOBS,
    LIMITRANGES,
    NAMESPACES,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    REPLICATIONCONTROLLERS,
    RESOURCEQUOTAS,
    SCALES,
    SERVICEACCOUNTS,
    SERVICES,
    STORAGECLASSES,
    Resource,
)
from pocketkube.store import Object

# Kinds that were there before Pods were collected with their owners: whoever does not say so leaves the Pods behind.
ORPHANING = (JOBS, REPLICATIONCONTROLLERS)
PODS_ARE_KEPT = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)
RETURNED_WHEN_DELETED = {  # where others have a Status
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    RESOURCEQUOTAS,
    SERVICEACCOUNTS,
    SERVICES,
    STORAGECLASSES,
}
MADE_BY_UPDATES = {ENDPOINTS, EVENTS, LIMITRANGES}  # where there are none
METHOD_NOT_ALLOWED = "the server does not allow this method on the requested resource"


class Handlers:
    """Each takes the request, the resource, and what the path names."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._store = registry.store

    def collection(self, request: web.Request, resource: Resource, namespace: str) -> web.Response:
        check_list(request)
        number(request, "timeoutSeconds")
        query = request.query
        revision = query.get("resourceVersion", "")
        if revision.isdigit():
            self._store.check_revision(int(revision))
        elif revision:
            why = f"strconv.ParseUint: parsing {quoted(revision)}: invalid syntax"
            raise bad_request(f"resourceVersion: Invalid value: {quoted(revision)}: {why}")
        objects = select(request, resource, self._store.list(resource, namespace))
        metadata: Object = {"resourceVersion": str(self._store.revision)}
        if revision not in ("", "0") and query.get("continue"):
            raise bad_request("specifying resource version is not allowed when using continue")
        start = _continue_from(query.get("continue", ""))
        limit = number(request, "limit")
        if start:
            objects = [obj for obj in objects if _position(obj) > start]
        if 0 < limit < len(objects):
            metadata["remainingItemCount"] = len(objects) - limit
            objects = objects[:limit]
            metadata["continue"] = _continue_token(_position(objects[-1]))
        return many(request, resource, objects, metadata, admission.read_warnings(resource))

    def get(self, request: web.Request, resource: Resource, namespace: str, name: str) -> web.Response:
        found = self._store.get(resource, namespace, name)
        return one(request, resource, found, warnings=admission.read_warnings(resource))

    async def create(self, request: web.Request, resource: Resource, namespace: str) -> web.Response:
        obj, warnings = await self._decoded(request, resource)
        made = self._registry.create(resource, obj, namespace, dry_run=is_dry_run(request), record=_recorder(request))
        warnings += admission.warnings(self._store, resource, made, None)
        return one(request, resource, made, 201, warnings)

    async def update(
        self, request: web.Request, resource: Resource, namespace: str, name: str, subresource: str = ""
    ) -> web.Response:
        obj, warnings = await self._decoded(request, resource)
        _check_name(obj, name, namespace)
        if resource in MADE_BY_UPDATES and not subresource and not self._store.find(resource, namespace, name):
            obj["metadata"].pop("resourceVersion", None)
            record, dry_run = _recorder(request), is_dry_run(request)
            made = self._registry.create(resource, obj, namespace, dry_run=dry_run, record=record)
            warnings += admission.warnings(self._store, resource, made, None)
            return one(request, resource, made, 201, warnings)
        if namespace:
            obj["metadata"]["namespace"] = namespace
        if resource is NAMESPACES:
            self._keep_finalizers(obj, subresource)
        old = self._store.find(resource, namespace, name)
        made = self._registry.update(
            resource, obj, subresource=subresource, dry_run=is_dry_run(request), record=_recorder(request)
        )
        warnings += admission.warnings(self._store, resource, made, old)
        return one(request, resource, made, 200, warnings)

    async def patch(
        self, request: web.Request, resource: Resource, namespace: str, name: str, subresource: str = ""
    ) -> web.Response:
        content_type = request.content_type
        check_write(request)
        if content_type in CONTENT_TYPES and not subresource:
            applied = await read_applied(request, on_the_wire(request, resource))
            return self._apply(request, resource, namespace, name, applied)
        _check_patch_type(request)
        old = outgoing(request, self._store.get(resource, namespace, name))
        obj, warnings = await _patched(request, on_the_wire(request, resource), old)
        obj = incoming(request, obj)
        _check_name(obj, name, namespace)
        if resource is NAMESPACES:
            self._keep_finalizers(obj, subresource)
        uid = obj["metadata"].get("uid") or old["metadata"]["uid"]
        if uid != old["metadata"]["uid"]:  # of a patch it is no precondition
            raise invalid(resource, name, [Cause.invalid("metadata.uid", quoted(uid), IMMUTABLE)])
        made = self._registry.update(
            resource, obj, subresource=subresource, dry_run=is_dry_run(request), record=_recorder(request)
        )
        warnings += admission.warnings(self._store, resource, made, old)
        return one(request, resource, made, 200, warnings)

    def _apply(self, request: web.Request, resource: Resource, namespace: str, name: str, body: Any) -> web.Response:
        """Server-side apply: creates what is not there."""
        manager, named = request.query["fieldManager"], on_the_wire(request, resource)
        apply_schema.check(named, body)
        applied, warnings = admission.decode(named, body, request.query.get("fieldValidation") or "Warn")
        applied = incoming(request, applied)
        applied.setdefault("metadata", {}).setdefault("name", name)
        _check_name(applied, name, namespace)
        force, dry_run = is_true(request, "force"), is_dry_run(request)
        live = self._store.find(resource, namespace, name)
        bare = {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": name}}
        merged = server_side_apply(live or bare, applied, manager, force=force, now=timestamp())
        if live is None:
            made, status = self._registry.create(resource, merged, namespace, dry_run=dry_run), 201
        else:
            made, status = self._registry.update(resource, merged, dry_run=dry_run), 200
        warnings += admission.warnings(self._store, resource, made, live)
        return one(request, resource, made, status, warnings)

    async def delete(self, request: web.Request, resource: Resource, namespace: str, name: str) -> web.Response:
        options, warnings = await self._delete_options(request, resource)
        dry_run = is_dry_deletion(options, request)
        deleted = self._registry.delete(resource, namespace, name, options, dry_run=dry_run)
        if resource in RETURNED_WHEN_DELETED or not may_go(resource, deleted):
            return respond(outgoing(request, deleted), warnings=warnings)
        group = on_the_wire(request, resource).group
        details: Object = {"name": name, **({"group": group} if group else {})}
        details |= {"kind": resource.plural, "uid": deleted["metadata"]["uid"]}
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
        return respond(status, warnings=warnings)

    async def delete_collection(self, request: web.Request, resource: Resource, namespace: str) -> web.Response:
        options, warnings = await self._delete_options(request, resource)
        objects = select(request, resource, self._store.list(resource, namespace))
        dry_run = is_dry_deletion(options, request)
        for obj in objects:
            metadata = obj["metadata"]
            self._registry.delete(resource, metadata.get("namespace", ""), metadata["name"], options, dry_run=dry_run)
        metadata = {"resourceVersion": str(self._store.revision)}
        return many(request, resource, objects, metadata, admission.read_warnings(resource) + warnings)

    async def scale(self, request: web.Request, resource: Resource, namespace: str, name: str) -> web.Response:
        """The scale subresource: an autoscaling/v1 Scale of the object's replicas."""
        obj = self._store.get(resource, namespace, name)
        scale = _scale(obj)
        if request.method == "GET":
            return one(request, SCALES, scale)
        check_write(request)
        if request.method == "PUT":
            wanted, warnings = await self._decoded(request, SCALES)
        else:
            _check_patch_type(request)
            wanted, warnings = await _patched(request, SCALES, scale)
        _check_name(wanted, name, namespace)
        replicas = (wanted.get("spec") or {}).get("replicas", 0)
        causes = not_negative(replicas, "spec.replicas")
        if causes:
            raise invalid(SCALES, name, causes)
        revision = (wanted.get("metadata") or {}).get("resourceVersion")
        changed = {**obj, "spec": {**obj["spec"], "replicas": replicas}}
        if revision:
            changed["metadata"] = {**obj["metadata"], "resourceVersion": revision}
        record = _recorder(request, "scale")
        made = self._registry.update(resource, changed, dry_run=is_dry_run(request), record=record)
        return one(request, SCALES, _scale(made), 200, warnings)

    def _keep_finalizers(self, namespace: Object, subresource: str) -> None:
        """spec.finalizers of a Namespace is written by its subresource alone; that writes nothing else."""
        live = self._store.get(NAMESPACES, "", namespace["metadata"]["name"])
        if subresource == "finalize":
            asked, revision = namespace.get("spec"), namespace["metadata"].get("resourceVersion")
            namespace |= {**live, "metadata": {**live["metadata"]}, "spec": asked or {}}
            namespace["metadata"]["resourceVersion"] = revision
        else:
            namespace["spec"] = live.get("spec", {})

    async def _decoded(self, request: web.Request, resource: Resource) -> tuple[Object, list[str]]:
        check_write(request)
        body, named = await read_object(request, resource.kind), on_the_wire(request, resource)
        decoded, warnings = admission.decode(named, body, request.query.get("fieldValidation") or "Warn")
        return incoming(request, decoded), warnings

    async def _delete_options(self, request: web.Request, resource: Resource) -> tuple[Object, list[str]]:
        """And what the client is told of them."""
        body = await read_body(request, "DeleteOptions") if await request.read() else {}
        options = admission.decode_struct("meta/v1.DeleteOptions", body)
        if "gracePeriodSeconds" in request.query:
            options["gracePeriodSeconds"] = number(request, "gracePeriodSeconds")
        if "propagationPolicy" in request.query:
            options["propagationPolicy"] = request.query["propagationPolicy"]
        check_delete(options, request)
        if "propagationPolicy" in options:
            return options, []
        unsaid = "orphanDependents" not in options  # what was said before there were policies
        if resource in ORPHANING if unsaid else options["orphanDependents"]:
            options["propagationPolicy"] = "Orphan"
        return options, [PODS_ARE_KEPT] if unsaid and resource is JOBS else []


def _check_patch_type(request: web.Request) -> None:
    if request.content_type not in PATCH_TYPES:
        raise ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})


async def _patched(request: web.Request, resource: Resource, old: Object) -> tuple[Object, list[str]]:
    """What the request's patch makes of `old`, and warnings."""
    patch, strategic = await read_patch(request), request.content_type == STRATEGIC_PATCH
    patched = apply_patch(struct_of(resource), old, patch, request.content_type)
    validation = request.query.get("fieldValidation") or "Warn"
    shown = go_text(patch) if strategic else compact(patched)
    repeated = repeated_names(patch)
    if isinstance(patch, list):
        repeated = [f"json patch {each}" for each in repeated]
    return admission.decode_patched(resource, patched, validation, shown, strategic=strategic, repeated=repeated)


def select(request: web.Request, resource: Resource, objects: list[Object]) -> list[Object]:
    """Those that the request's label and field selectors choose."""
    labels, fields = request.query.get("labelSelector"), request.query.get("fieldSelector")
    if labels:
        matches = parse_label_selector(labels)
        objects = [obj for obj in objects if matches(obj)]
    if fields:
        renamed = core_field if on_the_wire(request, resource) is EVENTS_V1 else str
        matches = parse_field_selector(resource, fields, renamed)
        objects = [obj for obj in objects if matches(obj)]
    return objects


def _check_name(obj: Object, name: str, namespace: str) -> None:
    """ApiError 400 for an object that is not the one of the path: checkName of the API server's handlers."""
    metadata = obj.setdefault("metadata", {})
    found, where = metadata.get("name", ""), metadata.get("namespace", "")
    if not found:
        raise bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")
    if found != name:
        raise bad_request(f"the name of the object ({found}) does not match the name on the URL ({name})")
    if where and namespace and where != namespace:
        raise bad_request(
            f"the namespace of the object ({where}) does not match the namespace on the request ({namespace})"
        )


def _recorder(request: web.Request, subresource: str = "") -> Recorder:
    """Notes who writes: the fieldManager of the request, else the client's name."""
    manager = request.query.get("fieldManager") or request.headers.get("User-Agent", "unknown").partition("/")[0]
    return lambda old, new: record_update(old, new, manager, timestamp(), subresource)


def _scale(obj: Object) -> Object:
    metadata = {
        key: obj["metadata"][key] for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    }
    labels = selector_of(obj).get("matchLabels") or {}
    selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": obj["spec"]["replicas"]},
        "status": {"replicas": obj.get("status", {}).get("replicas", 0), "selector": selector},
    }


def _position(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _continue_token(position: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _continue_from(token: str) -> tuple[str, str] | None:
    if not token:
        return None
    wrong = re.search(r"[^A-Za-z0-9_-]", token)
    if wrong:
        what = f"illegal base64 data at input byte {wrong.start()}"
        raise bad_request(f"invalid continue token: continue key is not valid: {what}")
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("latin-1")
        namespace, name = parse(text)
    except (ValueError, binascii.Error, TypeError) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from error
    return str(namespace), str(name)


def method_not_allowed() -> ApiError:
    return ApiError(405, "MethodNotAllowed", METHOD_NOT_ALLOWED, {})
