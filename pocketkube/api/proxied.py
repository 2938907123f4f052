"""Requests that the API server passes on to a Service or a Pod: `kubectl proxy`, and URLs of `kubectl cluster-info`.

Source: k8s.io/apimachinery/pkg/util/proxy
"""

from __future__ import annotations

import os
import re

import aiohttp
from aiohttp import hdrs, web

from pocketkube.api.proxy_target import Target, locate
from pocketkube.errors import ApiError
from pocketkube.node.runtime import Runtime
from pocketkube.resources import Resource
from pocketkube.store import Store

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=30.0)  # seconds, as net.Dialer of the API server
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
PATH = re.compile(r"/proxy(?P<rest>/.*)?$")
# Of one connection only (RFC 9110, section 7.6.1), or what the API server has used up itself.
DROPPED = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"),
    *("upgrade", "authorization", "content-length"),
}
CORS = re.compile(r"access-control-allow-(credentials|headers|methods|origin)", re.IGNORECASE)


async def serve(
    request: web.Request, store: Store, runtime: Runtime, resource: Resource, namespace: str
) -> web.StreamResponse:
    """The answer of who was asked; ApiError 503 when nobody answers."""
    target = locate(store, resource, namespace, request.match_info["name"])
    base, rest = _split(request.rel_url.raw_path)
    query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    if not rest and request.method in ("GET", "HEAD"):
        return web.Response(status=301, headers={hdrs.LOCATION: f"{base}/{query}"})
    headers = {name: value for name, value in request.headers.items() if name.lower() not in DROPPED}
    headers |= {
        "X-Forwarded-For": request.remote or "",
        "X-Forwarded-Host": request.host,
        "X-Forwarded-Proto": request.scheme,
        "X-Forwarded-Uri": base + rest,
    }
    connector = aiohttp.TCPConnector(socket_factory=runtime.control_plane_socket, force_close=True, ssl=False)
    try:
        async with (
            aiohttp.ClientSession(connector=connector, auto_decompress=False, timeout=TIMEOUT) as session,
            session.request(
                request.method,
                f"{target.scheme}://{target.address}:{target.port}{rest or '/'}{query}",
                headers=headers,
                data=request.content if request.can_read_body else None,
                allow_redirects=False,
            ) as answer,
        ):
            return await _pass_on(request, answer)
    except aiohttp.ClientError as error:
        message = f"error trying to reach service: {_why(error, target)}"
        raise ApiError(503, "ServiceUnavailable", message, {}) from error


def _split(path: str) -> tuple[str, str]:
    """A raw path up to `/proxy`, and what follows it."""
    found = PATH.search(path, path.index("/proxy", path.index("/namespaces/")))
    assert found  # the route has seen it
    return path[: found.start()] + "/proxy", found["rest"] or ""


async def _pass_on(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    for name, value in answer.headers.items():
        if name.lower() not in DROPPED and not CORS.fullmatch(name):
            response.headers.add(name, value)
    await response.prepare(request)
    async for chunk in answer.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response


def _why(error: aiohttp.ClientError, target: Target) -> str:
    where = f"dial tcp {target.address}:{target.port}"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"{where}: i/o timeout"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{where}: connect: {os.strerror(error.errno or 0).lower()}"
    return "EOF" if isinstance(error, aiohttp.ServerDisconnectedError) else str(error)
