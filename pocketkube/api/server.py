"""The API server: authentication, routing, and errors as Status objects."""

from __future__ import annotations

import functools
import logging
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

from pocketkube import admission
from pocketkube.api import (
    binding,
    discovery,
    eviction,
    health,
    logs,
    openapi,
    port_forward,
    proxied,
    streams,
    token_request,
    watch,
)
from pocketkube.api.authorization import Authenticator, acting_user, authorize
from pocketkube.api.handlers import Handlers, method_not_allowed
from pocketkube.api.negotiation import presented, read_body, respond
from pocketkube.api.reviews import REVIEWS, Review, answer
from pocketkube.errors import ApiError
from pocketkube.go_types import named
from pocketkube.node.runtime import Runtime
from pocketkube.registry import Registry
from pocketkube.resources import EVENTS, EVENTS_V1, NAMESPACES, PODS, SERVED, SERVICEACCOUNTS, Resource
from pocketkube.store import Store

LARGEST_BODY = 3 << 20  # bytes, as the API server's own limit
NOT_FOUND = ApiError(404, "NotFound", "the server could not find the requested resource", {})
OPENAPI_PROTOBUF = "application/com.github.proto-openapi.spec.v2{}v1.0+protobuf"  # asked for with @, answered with .
POD_SUBRESOURCES = {
    "attach": streams.serve_attach,
    "exec": streams.serve_exec,
    "log": logs.serve,
    "portforward": port_forward.serve,
}
CREATED_ONLY = {(PODS, "binding"), (PODS, "eviction"), (SERVICEACCOUNTS, "token")}
log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ApiServer:
    """Serves `store` to clients that `authenticator` knows."""

    def __init__(self, store: Store, registry: Registry, runtime: Runtime, authenticator: Authenticator) -> None:
        self._store = store
        self._registry = registry
        self._handlers = Handlers(registry)
        self._runtime = runtime
        self._authenticator = authenticator
        self._resources = {(resource.group, resource.version, resource.plural): resource for resource in SERVED}

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._guard], client_max_size=LARGEST_BODY)
        application.on_response_prepare.append(_sign)
        router = application.router
        router.add_get("/version", self._version)
        router.add_routes(health.routes())
        router.add_get("/", self._root)
        router.add_get("/openapi/v2", self._openapi_two)
        router.add_get("/openapi/v3", self._openapi_index)
        router.add_get("/openapi/v3/{path:.+}", self._openapi)
        router.add_get("/api", self._core)
        for path in ("/apis", "/apis/"):
            router.add_get(path, self._groups)
        router.add_get("/apis/{group}", self._group)
        router.add_get("/api/{version}", self._resource_list)
        router.add_get("/apis/{group}/{version}", self._resource_list)
        for review in REVIEWS:
            scope = "/namespaces/{namespace}" if review.namespaced else ""
            path = f"/apis/{review.group}/{review.version}{scope}/{review.plural}"
            router.add_post(path, functools.partial(self._review, review))
        own = "/api/{version}/{plural:namespaces}/{name}/{subresource:status|finalize}"
        router.add_route("*", own, self._subresource)  # before a namespace's collection, which it looks like
        proxied_path = "/api/{version}/namespaces/{namespace}/{plural:services|pods}/{name}/proxy{rest:(?:/.*)?}"
        router.add_route("*", proxied_path, self._proxied)
        for base in ("/api/{version}", "/apis/{group}/{version}"):
            for scope in ("/namespaces/{namespace}", ""):
                router.add_route("*", f"{base}{scope}/{{plural}}/{{name}}/{{subresource}}", self._subresource)
                router.add_route("*", f"{base}{scope}/{{plural}}/{{name}}", self._object)
                router.add_route("*", f"{base}{scope}/{{plural}}", self._collection)
        return application

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nobody gets further than they may; every failure becomes a Status."""
        try:
            authorize(self._store, acting_user(self._store, self._authenticator, request), request)
            return presented(request, await handler(request))
        except ApiError as error:
            return presented(request, respond(error.status(), error.code, self._always_told(request)))
        except web.HTTPException as error:
            if error.status == 404:
                return web.Response(status=404, text="404 page not found\n")
            reason = error.reason or ""
            return respond(ApiError(error.status, reason.replace(" ", ""), reason).status(), error.status)
        except ConnectionError:
            raise
        except Exception as error:
            log.exception("%s %s failed", request.method, request.path)
            message = f"Internal error occurred: {type(error).__name__}: {error}"
            return respond(ApiError(500, "InternalError", message).status(), 500)

    def _always_told(self, request: web.Request) -> list[str]:
        """Warnings that come with every answer about a kind, errors too."""
        info = request.match_info
        resource = self._resources.get((info.get("group", ""), info.get("version", ""), info.get("plural", "")))
        return admission.read_warnings(resource) if resource else []

    async def _collection(self, request: web.Request) -> web.StreamResponse:
        resource, namespace = self._target(request)
        if request.method == "GET":
            if request.query.get("watch") in ("true", "1"):
                return await watch.serve(request, self._store, resource, namespace)
            return self._handlers.collection(request, resource, namespace)
        if request.method == "POST" and (namespace or not resource.namespaced):
            return await self._handlers.create(request, resource, namespace)
        if request.method == "DELETE" and "deletecollection" in resource.verbs:
            return await self._handlers.delete_collection(request, resource, namespace)
        raise method_not_allowed()

    async def _object(self, request: web.Request) -> web.StreamResponse:
        resource, namespace = self._target(request)
        name = request.match_info["name"]
        if request.method == "GET":
            return self._handlers.get(request, resource, namespace, name)
        change = {"PUT": self._handlers.update, "PATCH": self._handlers.patch, "DELETE": self._handlers.delete}
        if request.method not in change:
            raise method_not_allowed()
        return await change[request.method](request, resource, namespace, name)

    async def _subresource(self, request: web.Request) -> web.StreamResponse:
        resource, namespace = self._target(request)
        name, subresource = request.match_info["name"], request.match_info["subresource"]
        written = subresource == "status" and resource.has_status
        if written or (resource, subresource) == (PODS, "ephemeralcontainers"):
            if request.method == "GET":
                return self._handlers.get(request, resource, namespace, name)
            change = {"PUT": self._handlers.update, "PATCH": self._handlers.patch}
            if request.method not in change:
                raise method_not_allowed()
            return await change[request.method](request, resource, namespace, name, subresource)
        if resource is NAMESPACES and subresource == "finalize":
            if request.method != "PUT":
                raise method_not_allowed()
            return await self._handlers.update(request, resource, namespace, name, "finalize")
        if subresource == "scale" and resource.has_scale:
            if request.method not in ("GET", "PUT", "PATCH"):
                raise method_not_allowed()
            return await self._handlers.scale(request, resource, namespace, name)
        if (resource, subresource) in CREATED_ONLY and request.method != "POST":
            raise method_not_allowed()
        if resource is PODS and subresource == "eviction":
            return await eviction.evict(request, self._registry, namespace, name)
        if resource is PODS and subresource == "binding":
            return await binding.bind(request, self._registry, namespace, name)
        if resource is SERVICEACCOUNTS and subresource == "token":
            account = self._store.get(SERVICEACCOUNTS, namespace, name)
            return await token_request.issue(request, self._authenticator.tokens, account)
        if resource is PODS and subresource in POD_SUBRESOURCES:
            pod = self._store.get(PODS, namespace, name)
            return await POD_SUBRESOURCES[subresource](request, self._runtime, pod)
        raise NOT_FOUND

    async def _proxied(self, request: web.Request) -> web.StreamResponse:
        if request.method not in proxied.METHODS:
            raise method_not_allowed()
        resource, namespace = self._target(request)
        return await proxied.serve(request, self._store, self._runtime, resource, namespace)

    def _target(self, request: web.Request) -> tuple[Resource, str]:
        info = request.match_info
        if (info.get("group", ""), info["version"]) not in discovery.groups():
            raise web.HTTPNotFound
        resource = self._resources.get((info.get("group", ""), info["version"], info["plural"]))
        namespace = info.get("namespace", "")
        named = "name" in info
        if (
            resource is None
            or (namespace and not resource.namespaced)
            or (named and resource.namespaced and not namespace)
        ):
            raise NOT_FOUND
        return (EVENTS if resource is EVENTS_V1 else resource), namespace

    async def _version(self, _request: web.Request) -> web.Response:
        return respond(discovery.VERSION)

    async def _root(self, _request: web.Request) -> web.Response:
        return respond({"paths": discovery.paths()})

    async def _core(self, request: web.Request) -> web.Response:
        return _aggregated(core=True) if _wants_aggregated(request) else respond(discovery.api_versions())

    async def _groups(self, request: web.Request) -> web.Response:
        return _aggregated(core=False) if _wants_aggregated(request) else respond(discovery.group_list())

    async def _group(self, request: web.Request) -> web.Response:
        name = request.match_info["group"]
        if name not in {group for group, _ in discovery.groups() if group}:
            raise web.HTTPNotFound
        return respond({"kind": "APIGroup", "apiVersion": "v1", **discovery.group(name)})

    async def _resource_list(self, request: web.Request) -> web.Response:
        key = request.match_info.get("group", ""), request.match_info["version"]
        if key not in discovery.groups():
            raise web.HTTPNotFound
        return respond(discovery.resource_list(*key))

    async def _openapi_two(self, request: web.Request) -> web.Response:
        text, encoded = openapi.version_two()
        if OPENAPI_PROTOBUF.format("@") in request.headers.get("Accept", ""):
            return web.Response(body=encoded, headers={"Content-Type": OPENAPI_PROTOBUF.format(".")})
        return web.Response(body=text, content_type="application/json")

    async def _openapi_index(self, _request: web.Request) -> web.Response:
        return respond(openapi.index())

    async def _openapi(self, request: web.Request) -> web.Response:
        try:
            body = openapi.document(request.match_info["path"])
        except KeyError:
            raise web.HTTPNotFound from None
        return web.Response(body=body, content_type="application/json")

    async def _review(self, review: Review, request: web.Request) -> web.Response:
        user = acting_user(self._store, self._authenticator, request)
        body = await read_body(request, review.kind)
        asked = admission.decode_struct(named(review.group, review.version, review.kind), body)
        return respond(answer(self._store, review, asked, user, self._authenticator), 201)


async def _sign(_request: web.Request, response: web.StreamResponse) -> None:
    """The headers of every answer; `kubectl -v=8` shows them."""
    response.headers.popall(hdrs.SERVER, None)
    response.headers.setdefault("Audit-Id", str(uuid.uuid4()))
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-cache, private")


def _wants_aggregated(request: web.Request) -> bool:
    return "as=APIGroupDiscoveryList" in request.headers.get("Accept", "")


def _aggregated(*, core: bool) -> web.Response:
    response = respond(discovery.aggregated(core=core))
    response.headers["Content-Type"] = discovery.AGGREGATED
    return response
