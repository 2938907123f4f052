"""GET pods/NAME/log."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

from aiohttp import web

from pocketkube.api.options import number
from pocketkube.errors import Cause, bad_request, invalid
from pocketkube.node.runtime import Runtime
from pocketkube.resources import Resource
from pocketkube.store import Object

LOG_OPTIONS = Resource("", "v1", "podlogoptions", "podlogoptions", "PodLogOptions")


def chosen_container(pod: Object, name: str) -> str:
    """The container that a request means; ApiError 400 in the API server's words when that is not clear."""
    containers = [each["name"] for each in pod["spec"]["containers"]]
    inits = [each["name"] for each in pod["spec"].get("initContainers") or ()]
    added = [each["name"] for each in pod["spec"].get("ephemeralContainers") or ()]
    pod_name = pod["metadata"]["name"]
    if not name:
        if len(containers) == 1:
            return str(containers[0])
        listed = " ".join(containers)
        more = f" or one of the init containers: [{' '.join(inits)}]" if inits else ""
        what = f"a container name must be specified for pod {pod_name}, choose one of: [{listed}]{more}"
        raise bad_request(what)
    if name not in (*containers, *inits, *added):
        raise bad_request(f"container {name} is not valid for pod {pod_name}")
    return name


def _check(request: web.Request, name: str) -> None:
    """ApiError 422 for PodLogOptions that are none: ValidatePodLogOptions of k8s.io/kubernetes/pkg/apis/core."""
    query, causes = request.query, []
    for field, least, why in (
        ("tailLines", 0, "must be greater than or equal to 0"),
        ("limitBytes", 1, "must be greater than 0"),
        ("sinceSeconds", 1, "must be greater than 0"),
    ):
        if query.get(field) and number(request, field) < least:
            causes.append(Cause.invalid(field, query[field], why))
    since = query.get("sinceTime", "")
    if since:
        try:
            datetime.fromisoformat(since)
        except ValueError as error:
            layout = "2006-01-02T15:04:05Z07:00"
            raise bad_request(f'parsing time "{since}" as "{layout}": cannot parse "{since}" as "2006"') from error
    if causes:
        raise invalid(LOG_OPTIONS, name, causes)


def check_assigned(pod: Object) -> None:
    """ApiError 400 for a Pod that is on no node: there is no kubelet to talk to."""
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")


async def serve(request: web.Request, runtime: Runtime, pod: Object) -> web.StreamResponse:
    query = request.query
    container = chosen_container(pod, query.get("container", ""))
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    _check(request, name)
    log = runtime.log(namespace, name, container, query.get("previous") == "true")
    start = 0
    since = query.get("sinceTime")
    if query.get("sinceSeconds"):
        since = (datetime.now(UTC) - timedelta(seconds=int(query["sinceSeconds"]))).strftime("%Y-%m-%dT%H:%M:%SZ")
    if since:
        start = next((number for number, (time, _) in enumerate(log.lines) if time >= since), len(log.lines))
    if query.get("tailLines"):
        start = max(start, len(log.lines) - int(query["tailLines"]))
    stamped = query.get("timestamps") == "true"
    rest = int(query.get("limitBytes") or 0)

    def written(line: tuple[str, bytes]) -> bytes:
        return line[0].encode() + b" " + line[1] if stamped else line[1]

    if query.get("follow") != "true":
        text = b"".join(written(line) for line in log.lines[start:])
        return web.Response(body=text[:rest] if rest else text, content_type="text/plain")
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        async for line in log.follow(start):
            await response.write(written(line))
    return response
