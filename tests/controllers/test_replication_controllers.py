"""ReplicationControllers: ReplicaSets of an older kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pocketkube.api.handlers import PODS_ARE_KEPT
from tests.conftest import Kubectl
from tests.controllers.objects import create, events, get, template, wait

BACKGROUND = {"propagationPolicy": "Background"}


@pytest.fixture
def two(kubectl: Kubectl, namespace: str) -> Iterator[str]:
    """The namespace of `it`, which keeps two Pods."""
    create(kubectl, namespace, "ReplicationController", replicas=2, template=template())
    wait(kubectl, namespace, "rc/it", "jsonpath={.status.readyReplicas}=2")
    yield namespace
    kubectl("delete", "rc", "it", "--ignore-not-found", "--wait=false", namespace=namespace)


def pods(kubectl: Kubectl, namespace: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(kubectl, namespace, "pods")["items"]
    return found


def test_keeps_its_pods(kubectl: Kubectl, two: str) -> None:
    found = get(kubectl, two, "rc", "it")
    assert found["spec"]["selector"] == found["metadata"]["labels"] == {"app": "a"}
    assert found["status"] == {
        "replicas": 2,
        "fullyLabeledReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "observedGeneration": 1,
    }
    names = {pod["metadata"]["name"] for pod in pods(kubectl, two)}
    assert {name[:3] for name in names} == {"it-"}
    assert set(events(kubectl, two)) == {("Normal", "SuccessfulCreate", f"Created pod: {name}") for name in names}
    gone = names.pop()
    kubectl("delete", "pod", gone, namespace=two)
    wait(kubectl, two, "rc/it", "jsonpath={.status.readyReplicas}=2")
    assert len(pods(kubectl, two)) == 2


def test_shown(kubectl: Kubectl, two: str) -> None:
    rows = [line.split() for line in kubectl("get", "rc", "-o", "wide", namespace=two).stdout.splitlines()]
    assert rows[0] == ["NAME", "DESIRED", "CURRENT", "READY", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"]
    assert rows[1][:4] + rows[1][5:] == ["it", "2", "2", "2", "c", "busybox:1.36", "app=a"]
    described = kubectl("describe", "rc", "it", namespace=two).stdout
    assert "Replicas:     2 current / 2 desired\nPods Status:  2 Running / 0 Waiting" in described


def test_scaled(kubectl: Kubectl, two: str) -> None:
    assert kubectl("scale", "rc/it", "--replicas=1", namespace=two).stdout == "replicationcontroller/it scaled\n"
    wait(kubectl, two, "rc/it", "jsonpath={.status.replicas}=1")
    path = f"/api/v1/namespaces/{two}/replicationcontrollers/it/scale"
    scale = json.loads(kubectl("get", "--raw", path).stdout)
    assert (scale["spec"], scale["status"]) == ({"replicas": 1}, {"replicas": 1, "selector": "app=a"})
    listed = get(kubectl, two, "rc", "--field-selector=status.replicas=1")["items"]
    assert [each["metadata"]["generation"] for each in listed] == [2]


def test_exposed(kubectl: Kubectl, two: str) -> None:
    """Its selector becomes the Service's, and its Pods are the endpoints."""
    kubectl("expose", "rc", "it", "--port=80", namespace=two)
    assert get(kubectl, two, "service", "it")["spec"]["selector"] == {"app": "a"}
    (found,) = get(kubectl, two, "endpointslices", "-l", "kubernetes.io/service-name=it")["items"]
    addresses = {address for endpoint in found["endpoints"] for address in endpoint["addresses"]}
    assert addresses == {pod["status"]["podIP"] for pod in pods(kubectl, two)}


def test_rollouts_are_of_other_kinds(kubectl: Kubectl, two: str) -> None:
    status = kubectl("rollout", "status", "rc/it", namespace=two, fails=True).stderr
    assert status == "error: no status viewer has been implemented for ReplicationController\n"
    restart = kubectl("rollout", "restart", "rc/it", namespace=two, fails=True).stderr
    assert restart == 'error: replicationcontrollers "it" restarting is not supported\n'


def test_its_pods_go_with_it_or_stay(kubectl: Kubectl, two: str) -> None:
    """And who comes next takes over those that stayed."""
    before = {pod["metadata"]["uid"] for pod in pods(kubectl, two)}
    kubectl("delete", "rc", "it", "--cascade=orphan", namespace=two)
    assert [pod["metadata"].get("ownerReferences") for pod in pods(kubectl, two)] == [None, None]
    create(kubectl, two, "ReplicationController", replicas=2, template=template())
    wait(kubectl, two, "rc/it", "jsonpath={.status.readyReplicas}=2")
    assert {pod["metadata"]["uid"] for pod in pods(kubectl, two)} == before
    kubectl("delete", "rc", "it", namespace=two)
    kubectl("wait", "--for=delete", "pod", "--all", "--timeout=60s", namespace=two)


@pytest.mark.parametrize(
    ("kind", "options", "stay", "told"),
    [
        ("ReplicationController", {}, True, ""),
        ("ReplicationController", BACKGROUND, False, ""),
        ("ReplicationController", {"orphanDependents": False}, False, ""),
        ("Job", {}, True, f"Warning: {PODS_ARE_KEPT}\n"),
        ("Job", BACKGROUND, False, ""),
    ],
    ids=["rc", "rc-background", "rc-of-old", "job", "job-background"],
)
def test_who_does_not_say_leaves_the_pods(
    kubectl: Kubectl, namespace: str, kind: str, options: dict[str, Any], stay: bool, told: str
) -> None:
    policy = {"restartPolicy": "Never"} if kind == "Job" else {}
    create(kubectl, namespace, kind, template=template(**policy))
    kubectl("wait", "--for=create", "pod", "-l", "app=a", "--timeout=60s", namespace=namespace)
    base = "/apis/batch/v1" if kind == "Job" else "/api/v1"
    path = f"{base}/namespaces/{namespace}/{kind.lower()}s/it"
    assert kubectl("delete", "--raw", path, "-f", "-", stdin=json.dumps(options)).stderr == told
    wait(kubectl, namespace, f"{kind}/it", "delete")
    if stay:
        assert [pod["metadata"].get("ownerReferences") for pod in pods(kubectl, namespace)] == [None]
    else:
        kubectl("wait", "--for=delete", "pod", "--all", "--timeout=60s", namespace=namespace)


def test_counted_by_a_quota(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", "quota", "few", "--hard=replicationcontrollers=0", namespace=namespace)
    obj = {"apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": "it"}}
    text = json.dumps({**obj, "spec": {"replicas": 0, "template": template()}})
    refused = kubectl("create", "-f", "-", namespace=namespace, stdin=text, fails=True).stderr
    assert "exceeded quota: few, requested: replicationcontrollers=1" in refused


def test_a_name_that_is_no_label_is_told_of(kubectl: Kubectl, namespace: str) -> None:
    obj = {"apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": "a.b"}}
    text = json.dumps({**obj, "spec": {"replicas": 0, "template": template()}})
    told = kubectl("create", "-f", "-", namespace=namespace, stdin=text).stderr
    what = "this is used in Pod names and hostnames, which can result in surprising behavior"
    assert told == f"Warning: metadata.name: {what}; a DNS label is recommended: [must not contain dots]\n"


def test_all_is_shown_in_the_order_of_a_real_cluster(kubectl: Kubectl, own_demo: str) -> None:
    create(kubectl, own_demo, "ReplicationController", name="rc", replicas=0, template=template())
    job = {"spec": {"template": template(restartPolicy="Never")}}
    create(kubectl, own_demo, "CronJob", name="cron", schedule="@yearly", jobTemplate=job)
    create(kubectl, own_demo, "Job", name="job", template=template("true", restartPolicy="Never"))
    shown = kubectl("get", "all", "--no-headers", namespace=own_demo).stdout.split("\n")
    kinds = list(dict.fromkeys(line.split("/")[0] for line in shown if line))
    assert kinds == [
        "pod",
        "replicationcontroller",
        "service",
        "deployment.apps",
        "replicaset.apps",
        "cronjob.batch",
        "job.batch",
    ]


def test_prune_goes_through_all_that_it_does_by_default(kubectl: Kubectl, namespace: str) -> None:
    check_prune(kubectl, namespace)


def test_prune_of_the_kinds_that_are_named(kubectl: Kubectl, namespace: str) -> None:
    kinds = ("core/v1/ReplicationController", "batch/v1/CronJob", "networking.k8s.io/v1/Ingress")
    check_prune(kubectl, namespace, *(f"--prune-allowlist={kind}" for kind in kinds))


def check_prune(kubectl: Kubectl, namespace: str, *options: str) -> None:
    labels = {"labels": {"set": "mine"}}
    backend = {"service": {"name": "a", "port": {"number": 80}}}
    job = {"spec": {"template": template(restartPolicy="Never")}}
    manifests: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "ReplicationController",
            "metadata": {"name": "it", **labels},
            "spec": {"replicas": 0, "template": template()},
        },
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "it", **labels},
            "spec": {"schedule": "@yearly", "jobTemplate": job},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": "it", **labels},
            "spec": {"defaultBackend": backend},
        },
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stays", **labels}},
    ]
    words = ["apply", "--prune", "-l", "set=mine", *options, "-f", "-"]
    kubectl(*words, namespace=namespace, stdin="\n---\n".join(map(json.dumps, manifests)))
    done = kubectl(*words, namespace=namespace, stdin=json.dumps(manifests[-1])).stdout
    assert sorted(done.splitlines()) == [
        "configmap/stays unchanged",
        "cronjob.batch/it pruned",
        "ingress.networking.k8s.io/it pruned",
        "replicationcontroller/it pruned",
    ]
