"""What a client is told besides the answer: texts of Warning headers (KEP-1693), which kubectl prints.

Source: k8s.io/kubernetes/pkg/api/service/warnings.go and pkg/api/pod/warnings.go
"""

from __future__ import annotations

from collections.abc import Iterator

from pocketkube.admission import (
    formats,
    ingresses,
    not_carried_out,
    pod_security,
    pod_templates,
    storage_warnings,
)
from pocketkube.resources import (
    CRONJOBS,
    DEPLOYMENTS,
    ENDPOINTS,
    INGRESSES,
    JOBS,
    PERSISTENTVOLUMECLAIMS,
    PERSISTENTVOLUMES,
    PODS,
    REPLICASETS,
    REPLICATIONCONTROLLERS,
    SERVICES,
    Resource,
)
from pocketkube.store import Object, Store

ENDPOINTS_DEPRECATED = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
NAMES_OF_PODS = (CRONJOBS, DEPLOYMENTS, JOBS, REPLICASETS, REPLICATIONCONTROLLERS)  # begin with theirs
TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints"


def warnings(store: Store, resource: Resource, obj: Object, *, created: bool) -> list[str]:
    """Of a write of `obj`."""
    found = list(read_warnings(resource))
    if resource is not PODS or created:
        found += pod_security.warnings(store, resource, obj)
    if resource is SERVICES:
        found += _service(obj)
    if resource in NAMES_OF_PODS and created:
        found += _name(obj["metadata"]["name"])
    if resource is INGRESSES and created:
        found += ingresses.warnings(obj)
    template = pod_templates.template_of(resource, obj)
    if resource in (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES):
        found += storage_warnings.of(resource, obj)
    if resource is PODS and created:
        found += _pod(obj["spec"], "spec")
    elif template:
        found += _pod(template["spec"], f"{pod_templates.FIELDS[resource]}.spec")
    if resource is not PODS or created:
        found += not_carried_out.warnings(resource, obj)
    return list(dict.fromkeys(found))


def read_warnings(resource: Resource) -> list[str]:
    """What a client is told whatever it does with objects of this kind."""
    return [ENDPOINTS_DEPRECATED] if resource is ENDPOINTS else []


def _name(name: str) -> Iterator[str]:
    problems = formats.label_problems(name)
    if problems:
        what = "this is used in Pod names and hostnames, which can result in surprising behavior"
        yield f"metadata.name: {what}; a DNS label is recommended: [{' '.join(problems)}]"


def _service(service: Object) -> Iterator[str]:
    spec = service["spec"]
    if TOPOLOGY_HINTS in (service["metadata"].get("annotations") or {}):
        yield f'annotations[{TOPOLOGY_HINTS}]: please use "service.kubernetes.io/topology-mode" instead'
    if spec.get("clusterIP") != "None":
        return
    if spec.get("loadBalancerIP"):
        yield "spec.loadBalancerIP is ignored for headless services"
    if spec.get("externalIPs"):
        yield "spec.externalIPs is ignored for headless services"
    if spec.get("sessionAffinity") == "ClientIP":
        yield "spec.SessionAffinity is ignored for headless services"


def _pod(spec: Object, field: str) -> Iterator[str]:
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        what = "must be >= 0; negative values are invalid and will be treated as 1"
        yield f"{field}.terminationGracePeriodSeconds: {what}"
    for kind in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(kind) or ()):
            yield from _variables(container, f"{field}.{kind}[{number}]")
            yield from _ports(container, f"{field}.{kind}[{number}]")


def _variables(container: Object, field: str) -> Iterator[str]:
    """A variable that is given twice: unless the later one is made of the earlier."""
    names: list[str] = []
    for number, variable in enumerate(container.get("env") or ()):
        name = variable.get("name", "")
        if name in names and f"$({name})" not in variable.get("value", ""):
            where = f"{field}.env[{number}]"
            yield f'{where}: hides previous definition of "{name}", which may be dropped when using apply'
        names.append(name)


def _ports(container: Object, field: str) -> Iterator[str]:
    seen: dict[tuple[object, ...], int] = {}
    for number, port in enumerate(container.get("ports") or ()):
        key = tuple(port.get(name) for name in ("containerPort", "protocol", "hostPort", "hostIP"))
        if key in seen:
            yield f"{field}.ports[{number}]: duplicate port definition with {field}.ports[{seen[key]}]"
        else:
            seen[key] = number
