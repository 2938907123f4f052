"""What the API server refuses, with every cause: data/invalid/, of updates data/updates.yaml.

And its decoder's words: data/undecodable.yaml.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

DATA = Path(__file__).parent / "data"
INVALID = sorted(f"invalid/{file.name}" for file in DATA.glob("invalid/*.yaml"))
Http = Callable[..., Any]
PODS: Any = {"containers": [{"name": "c", "image": "busybox"}]}
ONCE = {**PODS, "restartPolicy": "Never"}
TEMPLATE = {"metadata": {"labels": {"app": "x"}}, "spec": PODS}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
WORKLOAD: Any = {"spec": {"selector": {"matchLabels": {"app": "x"}}, "template": TEMPLATE}}
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
    "DaemonSet": ("apis/apps/v1/namespaces/{}/daemonsets", WORKLOAD),
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
    "Job": (
        "apis/batch/v1/namespaces/{}/jobs",
        {"spec": {"template": {"spec": {**PODS, "restartPolicy": "Never"}}}},
    ),
    "LimitRange": ("api/v1/namespaces/{}/limitranges", {}),
    "Namespace": ("api/v1/namespaces", {}),
    "NetworkPolicy": ("apis/networking.k8s.io/v1/namespaces/{}/networkpolicies", {"spec": {}}),
    "Node": ("api/v1/nodes", {}),
    "Pod": ("api/v1/namespaces/{}/pods", {"spec": PODS}),
    "PodDisruptionBudget": ("apis/policy/v1/namespaces/{}/poddisruptionbudgets", {}),
    "ReplicaSet": ("apis/apps/v1/namespaces/{}/replicasets", WORKLOAD),
    "ReplicationController": ("api/v1/namespaces/{}/replicationcontrollers", {"spec": {"template": TEMPLATE}}),
    "Role": ("apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles", {"rules": []}),
    "RoleBinding": (
        "apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
        {"roleRef": {"kind": "ClusterRole", "name": "x"}},
    ),
    "ResourceQuota": ("api/v1/namespaces/{}/resourcequotas", {}),
    "Secret": ("api/v1/namespaces/{}/secrets", {}),
    "Service": ("api/v1/namespaces/{}/services", {"spec": {"ports": [{"port": 80}]}}),
    "ServiceAccount": ("api/v1/namespaces/{}/serviceaccounts", {}),
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


@pytest.mark.parametrize("case", [case for name in INVALID for case in read(name)])
def test_refused(http: Http, demo: str, case: Any) -> None:
    answer = send(http, demo, case)
    assert answer.status == 422, answer.text
    causes = answer.body["details"]["causes"]
    assert [f"{cause['field']}: {cause['message']}" for cause in causes] == case["causes"]


@pytest.mark.parametrize("case", read("updates.yaml"))
def test_update_refused(http: Http, demo: str, case: Any) -> None:
    path, smallest = KINDS[case["kind"]]
    path = f"/{path.format(demo)}"
    name = f"updated-{case['id']}"
    whole = merge({"metadata": {"name": name}, **copy.deepcopy(smallest)}, case.get("before", {}))
    made = http("POST", path, whole)
    assert made.status == 201, made.text
    found = merge(made.body, case["change"])
    del found["metadata"]["resourceVersion"]
    answer = http("PUT", f"{path}/{name}?dryRun=All", found)
    http("DELETE", f"{path}/{name}")
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


def test_field_given_twice_in_a_patch(http: Http, demo: str) -> None:
    path = f"/api/v1/namespaces/{demo}/configmaps/kube-root-ca.crt?dryRun=All"
    body, merge_patch = b'{"data": {"a": "1", "a": "2"}}', "application/merge-patch+json"
    refused = http("PATCH", f"{path}&fieldValidation=Strict", body, content_type=merge_patch)
    assert refused.body["message"].endswith('strict decoding error: duplicate field "data.a"')
    warned = http("PATCH", path, body, content_type=merge_patch)
    assert warned.headers.get_all("Warning") == ['299 - "duplicate field \\"data.a\\""']


def test_no_yaml(http: Http, demo: str) -> None:
    path = f"/api/v1/namespaces/{demo}/configmaps"
    answer = http("POST", path, b"a: b: c\n", content_type="application/yaml")
    assert answer.status == 400
    assert "yaml: mapping values are not allowed in this context (" in answer.body["message"]


def test_some_kinds_are_made_by_an_update(http: Http, demo: str) -> None:
    path = f"/api/v1/namespaces/{demo}"
    body = {"metadata": {"name": "fresh"}}
    assert http("PUT", f"{path}/endpoints/fresh?dryRun=All", body).status == 201
    assert http("PUT", f"{path}/configmaps/fresh?dryRun=All", body).status == 404


def warned(answer: Any) -> list[str]:
    return [each.split('"', 1)[1][:-1].replace('\\"', '"') for each in answer.headers.get_all("Warning") or ()]


def test_pod_warnings(http: Http, demo: str) -> None:
    items = [{"key": "a", "path": "a"}, {"key": "b", "path": "a/b"}]
    resources = {"requests": {"memory": "100m"}}
    spec = {
        "containers": [
            {"name": "c", "image": "busybox", "resources": resources, "ports": [{"containerPort": 80}]},
            {"name": "d", "image": "busybox", "ports": [{"containerPort": 80}]},
        ],
        "nodeSelector": {"beta.kubernetes.io/os": "linux"},
        "volumes": [{"name": "v", "configMap": {"name": "m", "items": items}}],
        "hostAliases": [{"ip": "1.1.1.1", "hostnames": ["a"]}, {"ip": "1.1.1.1", "hostnames": ["b"]}],
        "imagePullSecrets": [{}],
        "affinity": {"podAntiAffinity": {REQUIRED: [{"topologyKey": "kubernetes.io/hostname"}]}},
    }
    answer = http("POST", f"/api/v1/namespaces/{demo}/pods?dryRun=All", {"metadata": {"name": "x.y"}, "spec": spec})
    hostname = "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior"
    affinity = f"spec.affinity.podAntiAffinity.{REQUIRED}[0]"
    assert warned(answer) == [
        f"{hostname}; a DNS label is recommended: [must not contain dots]",
        'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
        'volume "v" (ConfigMap "m"): overlapping paths: "a/b" with "a"',
        'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
        'spec.imagePullSecrets[0].name: invalid empty name ""',
        'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
        "spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]",
        f"{affinity}.labelSelector: a null labelSelector results in matching no pod",
    ]


def test_workload_warns_again_only_of_a_new_spec(http: Http, demo: str) -> None:
    path = f"/apis/apps/v1/namespaces/{demo}/deployments"
    template = copy.deepcopy(WORKLOAD)
    template["spec"]["template"]["spec"]["imagePullSecrets"] = [{}]
    made = http(
        "POST", path, {"metadata": {"name": "warns.of"}, **template, "spec": {**template["spec"], "replicas": 0}}
    )
    name = "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior"
    secret = 'spec.template.spec.imagePullSecrets[0].name: invalid empty name ""'
    assert warned(made) == [f"{name}; a DNS label is recommended: [must not contain dots]", secret]
    whole, merge_patch = f"{path}/warns.of", "application/merge-patch+json"
    assert warned(http("PATCH", whole, {"metadata": {"labels": {"a": "b"}}}, content_type=merge_patch)) == []
    assert warned(http("PATCH", whole, {"spec": {"minReadySeconds": 1}}, content_type=merge_patch)) == [secret]
    http("DELETE", whole)


def test_service_warnings(http: Http, demo: str) -> None:
    spec = {"ports": [{"port": 80}], "externalIPs": ["2001:db8:0:0::2"], "externalName": "a.b"}
    answer = http("POST", f"/api/v1/namespaces/{demo}/services?dryRun=All", {"metadata": {"name": "x"}, "spec": spec})
    assert warned(answer) == [
        "spec.externalIPs is deprecated",
        'spec.externalIPs[0]: IPv6 address "2001:db8:0:0::2" should be in RFC 5952 canonical format ("2001:db8::2")',
        'spec.externalName is ignored when spec.type is not "ExternalName"',
    ]


def test_null_is_what_go_makes_of_it(http: Http, demo: str) -> None:
    """A field is left out; in a map and in a list it is the type's empty value."""
    whole = {"metadata": {"name": "x", "labels": {"a": None}, "annotations": None}, "spec": {"ports": [{"port": 80}]}}
    made = http("POST", f"/api/v1/namespaces/{demo}/services?dryRun=All", whole).body
    assert made["metadata"]["labels"] == {"a": ""}
    assert "annotations" not in made["metadata"]
