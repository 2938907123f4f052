"""Watches: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes"""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import web

from pocketkube.api.event_views import on_the_wire
from pocketkube.api.handlers import select
from pocketkube.api.negotiation import shaped, wanted_form
from pocketkube.api.options import check_watch, number
from pocketkube.errors import ApiError, bad_request
from pocketkube.json_text import written
from pocketkube.resources import Resource
from pocketkube.store import Event, Object, Store

BOOKMARK_SECONDS = 60.0
LONGEST = 3600.0  # seconds, where the client names no timeoutSeconds


async def serve(request: web.Request, store: Store, resource: Resource, namespace: str) -> web.StreamResponse:
    """Answer with one JSON line an event until the client goes, or its time is over."""
    check_watch(request)
    query = request.query
    form, named = wanted_form(request), on_the_wire(request, resource)
    text = query.get("resourceVersion", "")
    seconds = number(request, "timeoutSeconds") or LONGEST
    initial = query.get("sendInitialEvents") == "true" or text in ("", "0")
    if text and not text.isdigit():
        raise bad_request(f"invalid resource version: {text!r}")
    select(request, resource, [])  # a bad selector is refused before the stream begins
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)

    async def send(kind: str, obj: Object) -> None:
        await response.write(written({"type": kind, "object": obj}))

    try:
        watch = store.watch(resource, namespace=namespace, since=None if initial else int(text))
    except ApiError as error:
        await send("ERROR", error.status())
        return response
    with watch, contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(seconds):
            if query.get("sendInitialEvents") == "true":
                existing = select(request, resource, store.list(resource, namespace))
                mark = _bookmark(store, named)
                mark["metadata"]["annotations"] = {"k8s.io/initial-events-end": "true"}  # KEP-3157
                watch.skip_backlog()
                for obj in existing:
                    await send("ADDED", shaped(resource, obj, form, request))
                await send("BOOKMARK", mark)
            while True:
                try:
                    async with asyncio.timeout(BOOKMARK_SECONDS):
                        events = await watch.next_batch()
                except TimeoutError:
                    if query.get("allowWatchBookmarks") == "true":
                        await send("BOOKMARK", _bookmark(store, named))
                    continue
                for event in events:
                    kind = _seen_as(request, resource, event)
                    if kind:
                        await send(kind, shaped(resource, event.object, form, request))
    return response


def _bookmark(store: Store, resource: Resource) -> Object:
    metadata: Object = {"resourceVersion": str(store.revision), "creationTimestamp": None}
    return {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}


def _seen_as(request: web.Request, resource: Resource, event: Event) -> str:
    """What the change is to a watcher with selectors: an object may come into view, or leave it."""
    now = bool(select(request, resource, [event.object]))
    if event.type != "MODIFIED" or event.previous is None:
        return event.type if now else ""
    before = bool(select(request, resource, [event.previous]))
    return {(True, True): "MODIFIED", (False, True): "ADDED", (True, False): "DELETED"}.get((before, now), "")
