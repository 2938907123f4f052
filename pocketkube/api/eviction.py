"""The eviction subresource, by which `kubectl drain` empties a node: a deletion that asks disruption budgets first.

pocketkube serves no PodDisruptionBudget, so none is in the way.
Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
"""

from __future__ import annotations

from aiohttp import web

from pocketkube import admission
from pocketkube.api.negotiation import read_body, respond
from pocketkube.api.options import check_delete, is_dry_deletion
from pocketkube.errors import bad_request
from pocketkube.registry import Registry
from pocketkube.resources import PODS
from pocketkube.store import Object


async def evict(request: web.Request, registry: Registry, namespace: str, name: str) -> web.Response:
    """ApiError 404 when there is no such Pod, 400 for an Eviction of another one."""
    eviction = admission.decode_struct("policy/v1.Eviction", await read_body(request, "Eviction"))
    if (eviction.get("metadata") or {}).get("name", "") != name:
        raise bad_request("name in URL does not match name in Eviction object")
    options: Object = eviction.get("deleteOptions") or {}
    check_delete(options, request)
    registry.delete(PODS, namespace, name, options, dry_run=is_dry_deletion(options, request))
    success: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
    return respond(success, 201)
