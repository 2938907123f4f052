"""ResourceQuotas: how much a namespace may hold.

Usage is counted from the objects that there are, whenever something is asked for, so it is never out of date; the
controller that keeps `status.used` counts with the same functions.

Source: https://kubernetes.io/docs/concepts/policy/resource-quotas/ and k8s.io/kubernetes/pkg/quota/v1.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pocketkube.admission.defaults import quality_of_service
from pocketkube.admission.pods.pod_resources import pod_amounts
from pocketkube.admission.storage.storage_plugins import class_of
from pocketkube.errors import forbidden
from pocketkube.quantity import ONE, UNIT, Quantity, parse
from pocketkube.resources import (
    CONFIGMAPS,
    EVENTS,
    PERSISTENTVOLUMECLAIMS,
    PODS,
    REPLICATIONCONTROLLERS,
    RESOURCEQUOTAS,
    SECRETS,
    SERVED,
    SERVICES,
    Resource,
)
from pocketkube.store import Object, Store

Usage = dict[str, Quantity]
COUNTED = tuple(each for each in SERVED if each.namespaced and each is not EVENTS)
SHORT_NAMES = {
    CONFIGMAPS: "configmaps",
    REPLICATIONCONTROLLERS: "replicationcontrollers",
    RESOURCEQUOTAS: "resourcequotas",
    SECRETS: "secrets",
}  # what was counted before count/ came
MANIFOLD = (PODS, SERVICES, PERSISTENTVOLUMECLAIMS)  # what counts under several names
UPDATES = (PERSISTENTVOLUMECLAIMS, SERVICES)  # what may come to hold more than when it was made
COMPUTE = {"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"}


def admit(store: Store, resource: Resource, new: Object, old: Object | None) -> None:
    """ApiError 403 when a quota of the namespace does not allow the object; `old` is None for a new one."""
    if resource not in COUNTED or (old is not None and resource not in UPDATES):
        return
    name, namespace = new["metadata"]["name"], new["metadata"]["namespace"]
    for quota in store.list(RESOURCEQUOTAS, namespace):
        hard = {key: parse(text) for key, text in (quota["spec"].get("hard") or {}).items()}
        if not _in_scope(quota, resource, new):
            continue
        if resource is PODS:
            missing = _unspecified(set(hard) & COMPUTE, new["spec"])
            if missing:
                raise forbidden(resource, name, f"failed quota: {quota['metadata']['name']}: must specify {missing}")
        before = usage(resource, old) if old else {}
        asked = {key: amount - before.get(key, Quantity()) for key, amount in usage(resource, new).items()}
        asked = {key: amount for key, amount in asked.items() if key in hard and amount.nano > 0}
        if not asked:
            continue
        used = used_of(store, quota)
        exceeded = [key for key, amount in asked.items() if (used[key] + amount).nano > hard[key].nano]
        if exceeded:
            lists = [",".join(f"{key}={amounts[key]}" for key in sorted(exceeded)) for amounts in (asked, used, hard)]
            why = "exceeded quota: {}, requested: {}, used: {}, limited: {}".format(quota["metadata"]["name"], *lists)
            raise forbidden(resource, name, why)


def used_of(store: Store, quota: Object) -> Usage:
    """What the namespace holds of each resource that the quota limits."""
    used = {key: Quantity() for key in quota["spec"].get("hard") or {}}
    for resource in COUNTED:
        if not limits(quota, resource):
            continue
        for obj in store.list(resource, quota["metadata"]["namespace"]):
            if not _in_scope(quota, resource, obj):
                continue
            for key, amount in usage(resource, obj).items():
                if key in used:
                    used[key] += amount
    return used


def limits(quota: Object, resource: Resource) -> bool:
    """Whether objects of the kind can use anything of what the quota limits."""
    names = {f"count/{resource.qualified}", SHORT_NAMES.get(resource)}
    return resource in MANIFOLD or not names.isdisjoint(quota["spec"].get("hard") or ())


def usage(resource: Resource, obj: Object) -> Usage:
    """What one object counts for, under every name that a quota may give it."""
    counted: Usage = {f"count/{resource.qualified}": ONE}
    if resource is PODS:
        return counted | _pod_usage(obj)
    if resource is SERVICES:
        return counted | _service_usage(obj["spec"])
    if resource is PERSISTENTVOLUMECLAIMS:
        return counted | _claim_usage(obj)
    if resource in SHORT_NAMES:
        counted[SHORT_NAMES[resource]] = ONE
    return counted


def _pod_usage(pod: Object) -> Usage:
    """A Pod that has ended, or should have, holds nothing any more."""
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed") or _overdue(pod["metadata"]):
        return {}
    found = {"pods": ONE}
    for kind in ("requests", "limits"):
        for name, amount in pod_amounts(pod["spec"], kind).items():
            found[f"{kind}.{name}"] = amount
            if kind == "requests":
                found[name] = amount
    return found


def _overdue(metadata: Object) -> bool:
    if "deletionTimestamp" not in metadata:
        return False
    grace = timedelta(seconds=metadata.get("deletionGracePeriodSeconds", 0))
    return datetime.now(UTC) > datetime.fromisoformat(metadata["deletionTimestamp"]) + grace


def _service_usage(spec: Object) -> Usage:
    ports = spec.get("ports") or []
    balanced = spec["type"] == "LoadBalancer"
    if balanced and spec.get("allocateLoadBalancerNodePorts") is False:
        ports = [port for port in ports if port.get("nodePort")]
    node_ports = len(ports) if spec["type"] in ("NodePort", "LoadBalancer") else 0
    return {
        "services": ONE,
        "services.nodeports": Quantity(node_ports * UNIT),
        "services.loadbalancers": ONE if balanced else Quantity(),
    }


def _claim_usage(claim: Object) -> Usage:
    """https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-for-storage: in all, and of its class."""
    storage = parse((claim["spec"]["resources"].get("requests") or {}).get("storage", "0"))
    found = {"persistentvolumeclaims": ONE, "requests.storage": storage}
    of_class = f"{class_of(claim)}.storageclass.storage.k8s.io/"
    return found | ({of_class + name: amount for name, amount in found.items()} if class_of(claim) else {})


def _unspecified(needed: set[str], spec: Object) -> str:
    """`limits.cpu for: a,b; limits.memory for: a`: the containers that a quota on compute resources requires to ask."""
    found = []
    for key in sorted(needed):
        kind, name = key.split(".") if "." in key else ("requests", key)
        without = sorted(
            container["name"]
            for container in (*spec["containers"], *(spec.get("initContainers") or ()))
            if name not in ((container.get("resources") or {}).get(kind) or {})
        )
        if without:
            found.append(f"{key} for: {','.join(without)}")
    return "; ".join(found)


def _in_scope(quota: Object, resource: Resource, obj: Object) -> bool:
    """https://kubernetes.io/docs/concepts/policy/resource-quotas/#quota-scopes: with scopes it is about Pods alone."""
    selector = (quota["spec"].get("scopeSelector") or {}).get("matchExpressions") or ()
    scopes = {*(quota["spec"].get("scopes") or ()), *(each["scopeName"] for each in selector)}
    if not scopes:
        return True
    if resource is not PODS:
        return False
    ends = obj["spec"].get("activeDeadlineSeconds") is not None
    best_effort = quality_of_service(obj["spec"]) == "BestEffort"
    matches = {
        "Terminating": ends,
        "NotTerminating": not ends,
        "BestEffort": best_effort,
        "NotBestEffort": not best_effort,
        "PriorityClass": bool(obj["spec"].get("priorityClassName")),
    }
    return all(matches.get(scope, False) for scope in scopes)
