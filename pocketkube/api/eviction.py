"""The eviction subresource, by which `kubectl drain` empties a node: a deletion that asks disruption budgets first.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
"""

from __future__ import annotations

from aiohttp import web

from pocketkube import admission
from pocketkube.api.negotiation import read_body, respond
from pocketkube.api.options import check_delete, is_dry_deletion
from pocketkube.disruption.budgets import SYNC_FAILED, condition_of, covering, set_allowed
from pocketkube.disruption.target import tell_of_disruption
from pocketkube.errors import ApiError, bad_request
from pocketkube.json_copy import copied
from pocketkube.pod_readiness import is_ready
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import PODDISRUPTIONBUDGETS, PODS
from pocketkube.store import Object

SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
RETRY_SECONDS = 10  # where the budget's own status is not up to date


async def evict(request: web.Request, registry: Registry, namespace: str, name: str) -> web.Response:
    """ApiError 404 when there is no such Pod, 400 for an Eviction of another one, 429 where a budget forbids it."""
    eviction = admission.decode_struct("policy/v1.Eviction", await read_body(request, "Eviction"))
    if (eviction.get("metadata") or {}).get("name", "") != name:
        raise bad_request("name in URL does not match name in Eviction object")
    options: Object = eviction.get("deleteOptions") or {}
    check_delete(options, request)
    dry_run = is_dry_deletion(options, request)
    pod = registry.store.get(PODS, namespace, name)
    if not _is_disrupted_anyway(pod):
        _ask_budgets(registry, pod, dry_run=dry_run)
        if not dry_run:
            registry.modify(PODS, namespace, name, _evicted, subresource="status")
    registry.delete(PODS, namespace, name, options, dry_run=dry_run)
    success: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
    return respond(success, 201)


def _is_disrupted_anyway(pod: Object) -> bool:
    return pod["status"].get("phase") in ("Pending", "Succeeded", "Failed") or "deletionTimestamp" in pod["metadata"]


def _evicted(pod: Object) -> None:
    tell_of_disruption(pod, "EvictionByEvictionAPI", "Eviction API: evicting")


def _ask_budgets(registry: Registry, pod: Object, *, dry_run: bool) -> None:
    """Take the Pod off the budget that covers it; ApiError where it has nothing left."""
    budgets = covering(registry.store, pod)
    if len(budgets) > 1:
        raise ApiError(500, "", SEVERAL)
    if not budgets or (not is_ready(pod) and _lets_unhealthy_go(budgets[0])):
        return
    budget = copied(budgets[0])
    status = budget["status"]
    if status.get("observedGeneration", 0) < budget["metadata"]["generation"]:
        what = f"The disruption budget {budget['metadata']['name']} is still being processed by the server."
        raise _refused(what, RETRY_SECONDS)
    if not status["disruptionsAllowed"]:
        raise _refused(_why(budget["metadata"]["name"], status))
    set_allowed(status, status["disruptionsAllowed"] - 1)
    status.setdefault("disruptedPods", {})[pod["metadata"]["name"]] = timestamp()
    if not dry_run:
        registry.update(PODDISRUPTIONBUDGETS, budget, subresource="status")


def _lets_unhealthy_go(budget: Object) -> bool:
    """https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy"""
    status = budget["status"]
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    desired: int = status["desiredHealthy"]
    return bool(status["currentHealthy"] >= desired > 0)


def _why(name: str, status: Object) -> str:
    condition = condition_of(status)
    message = condition["message"] if condition and condition["status"] == "False" else ""
    if condition and message and condition["reason"] == SYNC_FAILED:
        return f"The disruption budget {name} does not allow evicting pods currently because it failed sync: {message}"
    desired, healthy = status["desiredHealthy"], status["currentHealthy"]
    if healthy <= desired or not message:
        return f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
    return f"The disruption budget {name} does not allow evicting pods currently: {message}"


def _refused(why: str, retry: int = 0) -> ApiError:
    details: Object = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    if retry:
        details["retryAfterSeconds"] = retry
    return ApiError(429, "TooManyRequests", REFUSED, details)
