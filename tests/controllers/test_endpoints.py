"""EndpointSlices and Endpoints by table: what a Service's selector, ports and Pods come to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pocketkube.controllers import endpointslice
from tests.conftest import Kubectl

UNREADY = {"exec": {"command": ["false"]}, "periodSeconds": 1}


def apply(kubectl: Kubectl, namespace: str, *objects: dict[str, Any]) -> None:
    kubectl("apply", "-f", "-", namespace=namespace, stdin="\n---\n".join(json.dumps(each) for each in objects))


def pod(name: str, labels: dict[str, str], port_name: str = "", probe: dict[str, Any] | None = None) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "c", "image": "busybox:1.36", "command": ["sleep", "infinity"]}
    if port_name:
        container["ports"] = [{"name": port_name, "containerPort": 81}]
    if probe:
        container["readinessProbe"] = probe
    metadata = {"name": name, "labels": labels}
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def service(name: str, **spec: Any) -> dict[str, Any]:
    full = {"selector": {"app": "a"}, "ports": [{"name": "http", "port": 8080, "targetPort": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": full}


def slices(kubectl: Kubectl, namespace: str, service: str) -> list[dict[str, Any]]:
    shown = kubectl(
        "get", "endpointslices", "-l", f"kubernetes.io/service-name={service}", "-o", "json", namespace=namespace
    ).stdout
    found: list[dict[str, Any]] = json.loads(shown)["items"]
    return found


@pytest.fixture(scope="module")
def two_pods(kubectl: Kubectl) -> str:
    """A namespace with a ready Pod `ready` and a Pod `unready`, both app=a; the port is named `web` in the first."""
    namespace = "endpoint-tables"
    kubectl("create", "-f", "-", stdin=f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n")
    apply(kubectl, namespace, pod("ready", {"app": "a"}, "web"), pod("unready", {"app": "a"}, probe=UNREADY))
    kubectl("wait", "--for=condition=Ready", "pod/ready", "--timeout=60s", namespace=namespace)
    path = "jsonpath={.status.phase}=Running"
    kubectl("wait", f"--for={path}", "pod/unready", "--timeout=60s", namespace=namespace)
    return namespace


READY = {"ready": ("True", "True"), "unready": ("False", "False")}


@pytest.mark.parametrize(
    ("spec", "ports", "conditions"),
    [
        pytest.param({}, {("http", 80)}, READY, id="number"),
        pytest.param({"clusterIP": "None"}, {("http", 80)}, READY, id="headless"),
        pytest.param({"ports": [{"port": 9, "targetPort": "web"}]}, {("", 81)}, READY, id="named-port"),
        pytest.param({"selector": {"app": "b"}}, set(), {}, id="nobody"),
        pytest.param(
            {"publishNotReadyAddresses": True},
            {("http", 80)},
            {"ready": ("True", "True"), "unready": ("True", "False")},
            id="publish-not-ready",
        ),
        pytest.param(
            {"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 2, "targetPort": 3}]},
            {("a", 1), ("b", 3)},
            READY,
            id="two-ports",
        ),
    ],
)
def test_slices(
    kubectl: Kubectl,
    two_pods: str,
    spec: dict[str, Any],
    ports: set[tuple[str, int]],
    conditions: dict[str, tuple[str, str]],
    request: pytest.FixtureRequest,
) -> None:
    """conditions: {Pod: (ready, serving)}"""
    name = f"s-{request.node.callspec.id}"
    apply(kubectl, two_pods, service(name, **spec))
    selected = f"kubernetes.io/service-name={name}"
    kubectl("wait", "--for=create", "endpointslice", "-l", selected, "--timeout=60s", namespace=two_pods)
    found = slices(kubectl, two_pods, name)
    seen = {
        each["targetRef"]["name"]: (str(each["conditions"]["ready"]), str(each["conditions"]["serving"]))
        for part in found
        for each in part["endpoints"] or ()
    }
    assert seen == conditions
    assert {(each["name"], each["port"]) for part in found for each in part["ports"] or ()} == ports
    headless = "service.kubernetes.io/headless"
    assert (headless in found[0]["metadata"]["labels"]) == (spec.get("clusterIP") == "None")


def test_a_label_that_changes_moves_the_pod(kubectl: Kubectl, namespace: str) -> None:
    apply(kubectl, namespace, pod("p", {"app": "a"}), service("old"), service("new", selector={"app": "b"}))

    def wait_for_endpoint(name: str) -> None:
        by_label = ("endpointslice", "-l", f"kubernetes.io/service-name={name}", "--timeout=60s")
        kubectl("wait", "--for=jsonpath={.endpoints[0].conditions.ready}=true", *by_label, namespace=namespace)

    wait_for_endpoint("old")
    kubectl("label", "pod/p", "app=b", "--overwrite", namespace=namespace)
    wait_for_endpoint("new")
    assert [each["endpoints"] or [] for each in slices(kubectl, namespace, "old")] == [[]]


def test_manual_endpoints_are_mirrored_and_go_with_their_service(kubectl: Kubectl, namespace: str) -> None:
    endpoints = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": "s", "labels": {"mine": "yes"}},
        "subsets": [{"addresses": [{"ip": "192.0.2.7"}], "ports": [{"name": "http", "port": 80}]}],
    }
    apply(kubectl, namespace, service("s", selector=None), endpoints)
    by_label = ("endpointslice", "-l", "kubernetes.io/service-name=s", "--timeout=60s")
    kubectl("wait", "--for=create", *by_label, namespace=namespace)
    (mirror,) = slices(kubectl, namespace, "s")
    assert mirror["endpoints"] == [{"addresses": ["192.0.2.7"], "conditions": {"ready": True}}]
    assert mirror["ports"] == [{"name": "http", "port": 80, "protocol": "TCP"}]
    labels = mirror["metadata"]["labels"]
    assert labels["mine"] == "yes"
    assert labels["endpointslice.kubernetes.io/managed-by"] == "endpointslicemirroring-controller.k8s.io"
    kubectl("delete", "svc", "s", namespace=namespace)
    kubectl("wait", "--for=delete", "endpoints/s", "--timeout=60s", namespace=namespace)
    kubectl("wait", "--for=delete", *by_label, namespace=namespace)


def test_a_manual_slice_stays_and_is_not_copied_to_endpoints(kubectl: Kubectl, namespace: str) -> None:
    manual = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "mine", "labels": {"kubernetes.io/service-name": "s"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["192.0.2.7"]}],
        "ports": [{"name": "http", "port": 80}],
    }
    apply(kubectl, namespace, service("s", selector=None), manual)
    kubectl("get", "endpoints", "s", namespace=namespace, fails=True)
    kubectl("delete", "svc", "s", namespace=namespace)
    assert kubectl("get", "endpointslice", "mine", "-o", "name", namespace=namespace).stdout


def test_a_port_may_be_another_in_each_pod(kubectl: Kubectl, namespace: str) -> None:
    """A name that leads to different numbers: a slice and a subset for each of them."""
    other = pod("other", {"app": "a"}, "web")
    other["spec"]["containers"][0]["ports"][0]["containerPort"] = 82
    apply(kubectl, namespace, pod("one", {"app": "a"}, "web"), other, pod("none", {"app": "a"}))
    for name in ("one", "other", "none"):
        kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s", namespace=namespace)
    apply(kubectl, namespace, service("s", ports=[{"name": "http", "port": 80, "targetPort": "web"}]))
    kubectl("wait", "--for=create", "endpoints/s", "--timeout=60s", namespace=namespace)
    found = {
        tuple(port["port"] for port in part["ports"] or ()): [each["targetRef"]["name"] for each in part["endpoints"]]
        for part in slices(kubectl, namespace, "s")
    }
    assert found == {(81,): ["one"], (82,): ["other"], (): ["none"]}
    subsets = json.loads(kubectl("get", "endpoints", "s", "-o", "json", namespace=namespace).stdout)["subsets"]
    shown = {part["ports"][0]["port"]: [each["targetRef"]["name"] for each in part["addresses"]] for part in subsets}
    assert shown == {81: ["one"], 82: ["other"]}


def test_a_pod_that_is_leaving(kubectl: Kubectl, namespace: str) -> None:
    """It still serves, is not ready any more, and stands in no Endpoints."""
    leaving = pod("p", {"app": "a"})
    leaving["spec"]["terminationGracePeriodSeconds"] = 30
    apply(kubectl, namespace, leaving, service("s"), service("all", publishNotReadyAddresses=True))
    kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=60s", namespace=namespace)
    kubectl("delete", "pod", "p", "--wait=false", namespace=namespace)
    chosen = ("endpointslice", "-l", "kubernetes.io/service-name", "--timeout=60s")
    kubectl("wait", "--for=jsonpath={.endpoints[0].conditions.terminating}=true", *chosen, namespace=namespace)
    for name, ready in (("s", False), ("all", True)):
        (part,) = slices(kubectl, namespace, name)
        assert part["endpoints"][0]["conditions"] == {"ready": ready, "serving": True, "terminating": True}
        endpoints = json.loads(kubectl("get", "endpoints", name, "-o", "json", namespace=namespace).stdout)
        assert ("subsets" in endpoints) == ready
    kubectl("delete", "pod", "p", "--force", "--grace-period=0", namespace=namespace)


def test_names_of_pods_are_published(kubectl: Kubectl, namespace: str) -> None:
    named = pod("p", {"app": "a"})
    named["spec"] |= {"hostname": "web-0", "subdomain": "s"}
    apply(kubectl, namespace, named, service("s", clusterIP="None"), service("other"))
    kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=60s", namespace=namespace)
    assert slices(kubectl, namespace, "s")[0]["endpoints"][0]["hostname"] == "web-0"
    assert "hostname" not in slices(kubectl, namespace, "other")[0]["endpoints"][0]


def test_what_is_changed_by_hand_is_put_right(kubectl: Kubectl, namespace: str) -> None:
    apply(kubectl, namespace, pod("p", {"app": "a"}), service("s"))
    kubectl("wait", "--for=condition=Ready", "pod/p", "--timeout=60s", namespace=namespace)
    (part,) = slices(kubectl, namespace, "s")
    name = part["metadata"]["name"]
    kubectl("patch", "endpointslice", name, "--type=merge", "-p", '{"endpoints":[]}', namespace=namespace)
    ready = "--for=jsonpath={.endpoints[0].conditions.ready}=true"
    kubectl("wait", ready, f"endpointslice/{name}", "--timeout=60s", namespace=namespace)


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_a_slice_has_at_most_a_hundred_endpoints(count: int, sizes: list[int]) -> None:
    pods = [
        {
            "metadata": {"name": f"p{number}", "namespace": "n", "uid": str(number), "labels": {"app": "a"}},
            "spec": {"nodeName": "node01", "containers": []},
            "status": {"podIP": f"10.244.1.{number}"},
        }
        for number in range(count)
    ]
    made = {
        "metadata": {"name": "s"},
        "spec": {"selector": {"app": "a"}, "ports": [{"port": 80, "targetPort": 80, "protocol": "TCP"}]},
    }
    assert [len(endpoints) for _, endpoints in endpointslice._slices(made, pods, {})] == sizes
