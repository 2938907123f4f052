"""Server-side apply with real kubectl: ownership, conflicts, and what is no longer applied."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Kubectl

Http = Callable[..., Any]


def service(**spec: object) -> str:
    ports = [{"name": "http", "port": 8080, "targetPort": 80}]
    full = {"ports": ports, "selector": {"app": "nginx"}, **spec}
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": full})


def test_applies_and_applies_again(kubectl: Kubectl, namespace: str) -> None:
    for _ in range(2):
        done = kubectl("apply", "--server-side", "-f", "-", namespace=namespace, stdin=service(clusterIP="None"))
        assert done.stdout == "service/web serverside-applied\n"
    shown = kubectl("get", "svc", "web", "-o", "json", "--show-managed-fields", namespace=namespace).stdout
    (entry,) = json.loads(shown)["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("kubectl", "Apply")
    assert "f:clusterIP" in entry["fieldsV1"]["f:spec"]


def test_field_of_another_manager_is_a_conflict(kubectl: Kubectl, namespace: str) -> None:
    kubectl("apply", "--server-side", "-f", "-", namespace=namespace, stdin=service())
    other = ("apply", "--server-side", "--field-manager=other", "-f", "-")
    changed = service(selector={"app": "web"})
    refused = kubectl(*other, namespace=namespace, stdin=changed, fails=True)
    assert 'Apply failed with 1 conflict: conflict with "kubectl"' in refused.stderr
    assert ".spec.selector" in refused.stderr
    kubectl(*other, "--force-conflicts", namespace=namespace, stdin=changed)
    path = "jsonpath={.spec.selector.app}"
    assert kubectl("get", "svc", "web", "-o", path, namespace=namespace).stdout == "web"


PORT = {"name": "http", "port": 80}
NO_SERVICE: list[tuple[dict[str, object], str]] = [
    ({"prts": []}, ".spec.prts: field not declared in schema"),
    ({"ports": {}}, ".spec.ports: expected list, got &{map[]}"),
    ({"selector": "web"}, ".spec.selector: expected map, got &{web}"),
    ({"selector": {"a": True}}, ".spec.selector.a: expected string, got &value.valueUnstructured{Value:true}"),
    (
        {"ports": [{"port": "80"}]},
        '.spec.ports[port="80",protocol="TCP"].port: expected numeric (int or float), got string',
    ),
    ({"ports": [PORT, PORT]}, '.spec.ports: duplicate entries for key [port=80,protocol="TCP"]'),
    (
        {"ports": [{"name": "http"}]},
        '.spec.ports: element 0: associative list with keys has an element that omits key field "port" '
        "(and doesn't have default value)",
    ),
    ({"publishNotReadyAddresses": "yes"}, ".spec.publishNotReadyAddresses: expected boolean, got &{yes}"),
    (
        {"type": 1, "clusterIp": ""},
        "errors:\n  .spec.clusterIp: field not declared in schema\n"
        "  .spec.type: expected string, got &value.valueUnstructured{Value:1}\n",
    ),
]


@pytest.mark.parametrize(("spec", "says"), NO_SERVICE)
def test_what_the_schema_does_not_know(kubectl: Kubectl, demo: str, spec: dict[str, object], says: str) -> None:
    whole = json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "odd"}, "spec": spec})
    refused = kubectl("apply", "--server-side", "-f", "-", namespace=demo, stdin=whole, fails=True).stderr
    what = f"failed to create typed patch object ({demo}/odd; /v1, Kind=Service): "
    assert refused.startswith(f"Error from server: {what}{says}")


def test_who_else_has_set_a_field(kubectl: Kubectl, namespace: str) -> None:
    """An Update names its version and its subresource, who applies neither."""
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}}}
    spec["template"]["spec"] = {"containers": [{"name": "c", "image": "busybox:1.36"}]}
    whole = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
    apply = ("apply", "--server-side", "-f", "-")
    kubectl(*apply, namespace=namespace, stdin=json.dumps(whole))
    others = json.dumps({**whole, "spec": {**spec, "replicas": 1}})
    refused = kubectl(*apply, "--field-manager=other", namespace=namespace, stdin=others, fails=True)
    assert 'Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas\n' in refused.stderr
    kubectl("scale", "deploy/web", "--replicas=0", "--current-replicas=0", namespace=namespace)
    kubectl(
        "patch",
        "deploy/web",
        "--subresource=scale",
        "--type=merge",
        "-p",
        '{"spec":{"replicas":2}}',
        namespace=namespace,
    )
    refused = kubectl(*apply, namespace=namespace, stdin=json.dumps(whole), fails=True)
    who = 'conflict with "kubectl-patch" with subresource "scale" using apps/v1: .spec.replicas\n'
    assert who in refused.stderr


def test_what_was_applied_by_the_client_before(kubectl: Kubectl, namespace: str) -> None:
    """kubectl makes the fields of its client-side apply those of a server-side one: maps and lists are among them."""
    containers = [{"name": "c", "image": "busybox:1.36", "env": [{"name": "A", "value": "b"}]}]
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    whole = json.dumps({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec})
    kubectl("apply", "-f", "-", namespace=namespace, stdin=whole)
    before = json.loads(kubectl("get", "deploy", "web", "-o", "json", namespace=namespace).stdout)
    done = kubectl("apply", "--server-side", "-f", "-", namespace=namespace, stdin=whole)
    assert (done.stdout, done.stderr) == ("deployment.apps/web serverside-applied\n", "")
    after = json.loads(kubectl("get", "deploy", "web", "-o", "json", namespace=namespace).stdout)
    assert after["spec"] == before["spec"]


def test_what_is_applied_no_more_goes(kubectl: Kubectl, namespace: str) -> None:
    kubectl("apply", "--server-side", "-f", "-", namespace=namespace, stdin=service(sessionAffinity="ClientIP"))
    kubectl("apply", "--server-side", "-f", "-", namespace=namespace, stdin=service())
    shown = kubectl("get", "svc", "web", "-o", "jsonpath={.spec.sessionAffinity}", namespace=namespace).stdout
    assert shown == "None"


def test_configuration_of_no_kind(http: Http, demo: str) -> None:
    path = f"/api/v1/namespaces/{demo}/configmaps/odd?fieldManager=a"
    body = {"apiVersion": "v1", "metadata": {"name": "odd"}}
    refused = http("PATCH", path, body, content_type="application/apply-patch+yaml")
    what = "failed to create typed patch object (/odd; /v1, Kind=): no corresponding type for /v1, Kind="
    assert (refused.status, refused.body["message"]) == (500, what)


def test_patch_of_an_unknown_type(http: Http, demo: str) -> None:
    """Of what is not there, too."""
    refused = http("PATCH", f"/api/v1/namespaces/{demo}/configmaps/none", {}, content_type="application/json")
    assert (refused.status, refused.body["message"]) == (415, "415: Unsupported Media Type")
