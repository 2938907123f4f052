"""What the server serves: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict

from pocketkube.api import health
from pocketkube.api.reviews import REVIEWS, Review
from pocketkube.resources import EVENTS, EVENTS_V1, NAMESPACES, PODS, SERVED, SERVICEACCOUNTS, SERVICES, Resource
from pocketkube.store import Object
from pocketkube.version import KUBERNETES

EVICTIONS = ("policy", "v1")  # kubectl drain evicts only where this group is there
PROXIED = ["create", "delete", "get", "patch", "update"]
AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERSION = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": KUBERNETES,
    "gitCommit": "$Format:%H$",
    "gitTreeState": "",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.26.4",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def groups() -> dict[tuple[str, str], list[Resource]]:
    """{(group, version): resources}"""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in SERVED:
        found[resource.group, resource.version].append(resource)
    for review in REVIEWS:
        found.setdefault((review.group, review.version), [])
    found.setdefault(EVICTIONS, [])
    return found


def aggregated(*, core: bool) -> Object:
    """Everything of the core group, or of all the others, in one document (KEP-3352)."""
    items = [
        {
            "metadata": {"name": group, "creationTimestamp": None},
            "versions": [
                {
                    "version": version,
                    "freshness": "Current",
                    "resources": [
                        *(_aggregated_resource(each) for each in resources),
                        *_aggregated_reviews(group, version),
                    ],
                }
            ],
        }
        for (group, version), resources in groups().items()
        if (group == "") == core
    ]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def paths() -> list[str]:
    """What `/` lists."""
    served = {"/api", "/apis", "/apis/", "/openapi/v2", "/openapi/v3", "/version"}
    for endpoint, checks in health.CHECKS.items():
        served |= {f"/{endpoint}", *(f"/{endpoint}/{check}" for check in checks)}
    for group_name, version in groups():
        served |= {f"/apis/{group_name}", f"/apis/{group_name}/{version}"} if group_name else {f"/api/{version}"}
    return sorted(served)


def api_versions() -> Object:
    address = {"clientCIDR": "0.0.0.0/0", "serverAddress": "172.18.0.2:6443"}
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]}


def group_list() -> Object:
    named = [group(name) for name, _ in groups() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": named}


def group(name: str) -> Object:
    version = next(version for found, version in groups() if found == name)
    entry = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [entry], "preferredVersion": entry}


def resource_list(group_name: str, version: str) -> Object:
    listed = [entry for each in groups()[group_name, version] for entry in (_entry(each), *_subresources(each))]
    listed += [
        {
            "name": each.plural,
            "singularName": each.kind.lower(),
            "namespaced": each.namespaced,
            "kind": each.kind,
            "verbs": ["create"],
        }
        for each in _reviews(group_name, version)
    ]
    listed.sort(key=lambda entry: str(entry["name"]))
    if not group_name:  # the core group's list leaves its own apiVersion out
        return {"kind": "APIResourceList", "groupVersion": version, "resources": listed}
    group_version = f"{group_name}/{version}"
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}


def _entry(resource: Resource) -> Object:
    entry: Object = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    storage = EVENTS if resource is EVENTS_V1 else resource
    stored = f"{storage.group}/{storage.version}/{storage.kind}"
    entry["storageVersionHash"] = base64.b64encode(hashlib.sha256(stored.encode()).digest()[:8]).decode()
    return entry


def _subresources(resource: Resource) -> list[Object]:
    def sub(name: str, kind: str, verbs: list[str], **more: str) -> Object:
        full = f"{resource.plural}/{name}"
        namespaced = resource.namespaced
        return {"name": full, "singularName": "", "namespaced": namespaced, **more, "kind": kind, "verbs": verbs}

    change = ["get", "patch", "update"]
    found = [sub("status", resource.kind, change)] if resource.has_status else []
    if resource.has_scale:
        found.append(sub("scale", "Scale", change, group="autoscaling", version="v1"))
    if resource is PODS:
        found += [
            sub("attach", "PodAttachOptions", ["create", "get"]),
            sub("binding", "Binding", ["create"]),
            sub("ephemeralcontainers", "Pod", change),
            sub("eviction", "Eviction", ["create"], group=EVICTIONS[0], version=EVICTIONS[1]),
            sub("exec", "PodExecOptions", ["create", "get"]),
            sub("log", "Pod", ["get"]),
            sub("portforward", "PodPortForwardOptions", ["create", "get"]),
            sub("proxy", "PodProxyOptions", PROXIED),
        ]
    if resource is SERVICES:
        found.append(sub("proxy", "ServiceProxyOptions", PROXIED))
    if resource is NAMESPACES:
        found.append(sub("finalize", resource.kind, ["update"]))
    if resource is SERVICEACCOUNTS:
        found.append(sub("token", "TokenRequest", ["create"], group="authentication.k8s.io", version="v1"))
    return found


def _aggregated_resource(resource: Resource) -> Object:
    entry: Object = {
        "resource": resource.plural,
        "responseKind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    subresources = [
        {
            "subresource": each["name"].partition("/")[2],
            "responseKind": {
                "group": each.get("group", resource.group),
                "version": each.get("version", resource.version),
                "kind": each["kind"],
            },
            "verbs": each["verbs"],
        }
        for each in _subresources(resource)
    ]
    return {**entry, **({"subresources": subresources} if subresources else {})}


def _reviews(group: str, version: str) -> list[Review]:
    return [each for each in REVIEWS if (each.group, each.version) == (group, version)]


def _aggregated_reviews(group: str, version: str) -> list[Object]:
    return [
        {
            "resource": each.plural,
            "responseKind": {"group": group, "version": version, "kind": each.kind},
            "scope": "Namespaced" if each.namespaced else "Cluster",
            "singularResource": each.kind.lower(),
            "verbs": ["create"],
        }
        for each in _reviews(group, version)
    ]
