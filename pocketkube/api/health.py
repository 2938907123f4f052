"""Whether the API server is well: https://kubernetes.io/docs/reference/using-api/health-checks/

Each check passes: where one could not, nothing would answer.
"""

from __future__ import annotations

from aiohttp import web

CHECKS = {
    "healthz": ("ping", "log", "etcd"),
    "livez": ("ping", "log", "etcd"),
    "readyz": ("ping", "log", "etcd", "etcd-readiness", "informer-sync", "shutdown"),
}


def routes() -> list[web.RouteDef]:
    each = [web.get(f"/{endpoint}", _all) for endpoint in CHECKS]
    return each + [web.get(f"/{endpoint}/{{check}}", _one) for endpoint in CHECKS]


async def _all(request: web.Request) -> web.Response:
    """`ok`; with `?verbose` a line for each check, of which `?exclude=` leaves some out."""
    if "verbose" not in request.query:
        return web.Response(text="ok")
    endpoint, excluded = request.path.strip("/"), request.query.getall("exclude", [])
    lines = [f"[+]{name} {'excluded: ok' if name in excluded else 'ok'}\n" for name in CHECKS[endpoint]]
    unknown = [f'"{name}"' for name in excluded if name not in CHECKS[endpoint]]
    if unknown:
        lines.append(f"warn: some health checks cannot be excluded: no matches for {', '.join(unknown)}\n")
    return web.Response(text=f"{''.join(lines)}{endpoint} check passed\n")


async def _one(request: web.Request) -> web.Response:
    if request.match_info["check"] not in CHECKS[request.path.split("/")[1]]:
        raise web.HTTPNotFound
    return web.Response(text="ok")
