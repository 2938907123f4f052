"""The binding subresource of Pods, by which a scheduler says on which node a Pod is to run.

Source: assignPod of k8s.io/kubernetes/pkg/registry/core/pod/storage
"""

from __future__ import annotations

from aiohttp import web

from pocketkube import admission
from pocketkube.admission.formats import quoted
from pocketkube.api.negotiation import read_body, respond
from pocketkube.api.options import is_dry_run
from pocketkube.errors import ApiError, Cause, bad_request, invalid
from pocketkube.json_copy import copied
from pocketkube.placement.topology_labels import label_with_topology
from pocketkube.registry import Registry, timestamp
from pocketkube.resources import NODES, PODS, Resource
from pocketkube.store import Object

BINDINGS = Resource("", "v1", "pods/binding", "binding", "Binding")


async def bind(request: web.Request, registry: Registry, namespace: str, name: str) -> web.Response:
    """ApiError 422 for a target that is no node, 409 for a Pod that has one or is being deleted."""
    binding = admission.decode_struct("core/v1.Binding", await read_body(request, "Binding"))
    if (binding.get("metadata") or {}).get("name", "") != name:
        raise bad_request("name in URL does not match name in Binding object")
    target = binding.get("target") or {}
    causes = []
    if target.get("kind") not in (None, "", "Node"):
        causes.append(Cause.unsupported("target.kind", quoted(target["kind"]), ["Node", "<empty>"]))
    if not target.get("name"):
        causes.append(Cause.required("target.name"))
    if causes:
        raise invalid(BINDINGS, name, causes)
    pod = copied(registry.store.get(PODS, namespace, name))
    if "deletionTimestamp" in pod["metadata"]:
        raise _refused(name, f"pod {name} is being deleted, cannot be assigned to a host")
    if pod["spec"].get("nodeName"):
        raise _refused(name, f'pod {name} is already assigned to node "{pod["spec"]["nodeName"]}"')
    pod["spec"]["nodeName"] = target["name"]
    label_with_topology(pod, registry.store.find(NODES, "", target["name"]))
    status = pod.setdefault("status", {})
    others = [each for each in status.get("conditions") or () if each["type"] != "PodScheduled"]
    scheduled = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": timestamp()}
    status["conditions"] = [*others, scheduled]
    if not is_dry_run(request):
        registry.store.put(PODS, pod)
    success: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
    return respond(success, 201)


def _refused(name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on pods/binding "{name}": {why}'
    return ApiError(409, "Conflict", message, {"name": name, "kind": "pods/binding"})
