"""What the API server refuses, with every cause: data/invalid*.yaml, and its decoder's words: data/undecodable.yaml."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

DATA = Path(__file__).parent / "data"
Http = Callable[..., Any]
PODS: Any = {"containers": [{"name": "c", "image": "busybox"}]}
ONCE = {**PODS, "restartPolicy": "Never"}
TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": PODS}
WORKLOAD = {"spec": {"selector": {"matchLabels": {"app": "x"}}, "template": TEMPLATE}}
# The path of each kind, and what the smallest object of it has beside its name.
KINDS: dict[str, tuple[str, Any]] = {
    "ClusterRoleBinding": (
        "apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        {"roleRef": {"kind": "ClusterRole", "name": "x"}},
    ),
    "ConfigMap": ("api/v1/namespaces/{}/configmaps", {}),
    "CronJob": (
        "apis/batch/v1/namespaces/{}/cronjobs",
        {"spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": ONCE}}}}},
    ),
    "Deployment": ("apis/apps/v1/namespaces/{}/deployments", WORKLOAD),
    "EndpointSlice": (
        "apis/discovery.k8s.io/v1/namespaces/{}/endpointslices",
        {"addressType": "IPv4", "endpoints": [], "ports": []},
    ),
    "Endpoints": ("api/v1/namespaces/{}/endpoints", {}),
    "Ingress": (
        "apis/networking.k8s.io/v1/namespaces/{}/ingresses",
        {"spec": {"defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}}},
    ),
    "IngressClass": ("apis/networking.k8s.io/v1/ingressclasses", {"spec": {"controller": "acme.io/ingress"}}),
    "Lease": ("apis/coordination.k8s.io/v1/namespaces/{}/leases", {}),
    "Namespace": ("api/v1/namespaces", {}),
    "Pod": ("api/v1/namespaces/{}/pods", {"spec": PODS}),
    "PodDisruptionBudget": ("apis/policy/v1/namespaces/{}/poddisruptionbudgets", {}),
    "ReplicaSet": ("apis/apps/v1/namespaces/{}/replicasets", WORKLOAD),
    "ReplicationController": ("api/v1/namespaces/{}/replicationcontrollers", {"spec": {"template": TEMPLATE}}),
    "Role": ("apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles", {"rules": []}),
    "RoleBinding": (
        "apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
        {"roleRef": {"kind": "ClusterRole", "name": "x"}},
    ),
    "Service": ("api/v1/namespaces/{}/services", {"spec": {"ports": [{"port": 80}]}}),
    "StatefulSet": ("apis/apps/v1/namespaces/{}/statefulsets", WORKLOAD),
}


def read(name: str) -> list[Any]:
    return [pytest.param(case, id=case["id"]) for case in yaml.safe_load((DATA / name).read_text())]


def merge(target: Any, patch: Any) -> Any:
    """RFC 7386; null stays, as it would in a manifest."""
    if not isinstance(patch, dict) or not isinstance(target, dict):
        return patch
    return {**target, **{key: merge(target.get(key), value) for key, value in patch.items()}}


def send(http: Http, namespace: str, case: Any) -> Any:
    path, smallest = KINDS[case["kind"]]
    whole = merge({"metadata": {"name": "x"}, **copy.deepcopy(smallest)}, case.get("change", {}))
    if "container" in case:
        pods = whole["spec"].get("template", whole)["spec"]
        pods["containers"][0].update(case["container"])
    return http("POST", f"/{path.format(namespace)}?dryRun=All&fieldValidation=Strict", whole)


@pytest.mark.parametrize("case", [case for file in sorted(DATA.glob("invalid*.yaml")) for case in read(file.name)])
def test_refused(http: Http, demo: str, case: Any) -> None:
    answer = send(http, demo, case)
    assert answer.status == 422, answer.text
    causes = answer.body["details"]["causes"]
    assert [f"{cause['field']}: {cause['message']}" for cause in causes] == case["causes"]


@pytest.mark.parametrize("kind", KINDS)
def test_smallest_is_accepted(http: Http, demo: str, kind: str) -> None:
    answer = send(http, demo, {"kind": kind})
    assert answer.status == 201, answer.text


@pytest.mark.parametrize("case", read("undecodable.yaml"))
def test_undecodable(http: Http, demo: str, case: Any) -> None:
    answer = send(http, demo, case)
    kind = case["kind"]
    what = f'{kind} in version "v1" cannot be handled as a {kind}: {case["says"]}'
    assert (answer.status, answer.body["message"]) == (400, what)


def test_field_given_twice(http: Http, demo: str) -> None:
    body = b'{"metadata": {"name": "x"}, "data": {"a": "1"}, "data": {"b": "2"}}'
    path = f"/api/v1/namespaces/{demo}/configmaps?dryRun=All"
    refused = http("POST", f"{path}&fieldValidation=Strict", body)
    assert refused.body["message"].endswith('strict decoding error: duplicate field "data"')
    warned = http("POST", path, body)
    assert (warned.status, warned.body["data"]) == (201, {"b": "2"})
    assert warned.headers.get_all("Warning") == ['299 - "duplicate field \\"data\\""']


def test_null_is_what_go_makes_of_it(http: Http, demo: str) -> None:
    """A field is left out; in a map and in a list it is the type's empty value."""
    whole = {"metadata": {"name": "x", "labels": {"a": None}, "annotations": None}, "spec": {"ports": [{"port": 80}]}}
    made = http("POST", f"/api/v1/namespaces/{demo}/services?dryRun=All", whole).body
    assert made["metadata"]["labels"] == {"a": ""}
    assert "annotations" not in made["metadata"]
