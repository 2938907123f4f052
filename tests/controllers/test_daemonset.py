"""DaemonSets: a Pod on every node that fits, and updates one node after the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Kubectl
from tests.controllers.objects import create, events, get, template, wait

EVERYWHERE = {"tolerations": [{"operator": "Exists"}]}
SELECTOR = {"matchLabels": {"app": "a"}}


def daemons(kubectl: Kubectl, namespace: str, spec: dict[str, Any] | None = None, **fields: Any) -> None:
    create(kubectl, namespace, "DaemonSet", selector=SELECTOR, template=template(**(spec or {})), **fields)


def ready(kubectl: Kubectl, namespace: str) -> dict[str, str]:
    """{node: Pod} once the rollout is done."""
    kubectl("rollout", "status", "ds/it", "--timeout=60s", namespace=namespace)
    return {p["spec"]["nodeName"]: p["metadata"]["name"] for p in get(kubectl, namespace, "pods")["items"]}


@pytest.mark.parametrize(
    ("spec", "nodes"),
    [
        pytest.param({}, {"node01", "node02"}, id="workers"),
        pytest.param(EVERYWHERE, {"control-plane", "node01", "node02"}, id="tolerates-everything"),
        pytest.param({"nodeSelector": {"kubernetes.io/hostname": "node01"}}, {"node01"}, id="node-selector"),
    ],
)
def test_a_pod_on_every_node_that_fits(kubectl: Kubectl, namespace: str, spec: dict[str, Any], nodes: set[str]) -> None:
    daemons(kubectl, namespace, spec)
    found = ready(kubectl, namespace)
    assert set(found) == nodes
    status = get(kubectl, namespace, "ds", "it")["status"]
    assert status == {
        "currentNumberScheduled": len(nodes),
        "desiredNumberScheduled": len(nodes),
        "numberAvailable": len(nodes),
        "numberMisscheduled": 0,
        "numberReady": len(nodes),
        "observedGeneration": 1,
        "updatedNumberScheduled": len(nodes),
    }
    created = {message for _, reason, message in events(kubectl, namespace) if reason == "SuccessfulCreate"}
    assert created == {f"Created pod: {name}" for name in found.values()}


def test_what_its_pods_are(kubectl: Kubectl, namespace: str) -> None:
    daemons(kubectl, namespace)
    pod = get(kubectl, namespace, "pod", ready(kubectl, namespace)["node01"])
    (revision,) = get(kubectl, namespace, "controllerrevisions")["items"]
    labels = pod["metadata"]["labels"]
    assert labels["pod-template-generation"] == "1"
    assert revision["metadata"]["name"] == f"it-{labels['controller-revision-hash']}"
    tolerated = {(each["key"], each["effect"]) for each in pod["spec"]["tolerations"]}
    assert tolerated >= {
        (f"node.kubernetes.io/{key}", "NoSchedule")
        for key in ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
    }


def test_a_pod_that_is_deleted_or_ends_comes_back(kubectl: Kubectl, namespace: str) -> None:
    daemons(kubectl, namespace)
    before = ready(kubectl, namespace)
    kubectl("delete", "pod", before["node01"], namespace=namespace)
    wait(kubectl, namespace, "ds/it", "jsonpath={.status.numberAvailable}=2")
    after = ready(kubectl, namespace)
    assert after["node01"] != before["node01"]
    assert after["node02"] == before["node02"]


@pytest.mark.parametrize("rolling", [{"maxUnavailable": 1}, {"maxSurge": 1, "maxUnavailable": 0}])
def test_a_rolling_update_and_back(kubectl: Kubectl, namespace: str, rolling: dict[str, int]) -> None:
    daemons(kubectl, namespace, updateStrategy={"type": "RollingUpdate", "rollingUpdate": rolling})
    before = ready(kubectl, namespace)
    kubectl("set", "env", "ds/it", "A=1", namespace=namespace)
    kubectl("rollout", "status", "ds/it", "--timeout=60s", namespace=namespace)
    kubectl("wait", "--for=delete", *(f"pod/{name}" for name in before.values()), "--timeout=60s", namespace=namespace)
    found = get(kubectl, namespace, "ds", "it")
    assert found["metadata"]["annotations"]["deprecated.daemonset.template.generation"] == "2"
    assert len(get(kubectl, namespace, "controllerrevisions")["items"]) == 2
    kubectl("rollout", "undo", "ds/it", namespace=namespace)
    kubectl("rollout", "status", "ds/it", "--timeout=60s", namespace=namespace)
    revisions = get(kubectl, namespace, "controllerrevisions")["items"]
    assert sorted(each["revision"] for each in revisions) == [2, 3]


def test_on_delete_waits_for_the_deletion(kubectl: Kubectl, namespace: str) -> None:
    daemons(kubectl, namespace, updateStrategy={"type": "OnDelete"})
    wait(kubectl, namespace, "ds/it", "jsonpath={.status.numberAvailable}=2")
    before = {each["spec"]["nodeName"]: each["metadata"]["name"] for each in get(kubectl, namespace, "pods")["items"]}
    kubectl("set", "env", "ds/it", "A=1", namespace=namespace)
    wait(kubectl, namespace, "ds/it", "jsonpath={.status.observedGeneration}=2")
    kubectl("delete", "pod", before["node01"], namespace=namespace)
    wait(kubectl, namespace, "ds/it", "jsonpath={.status.updatedNumberScheduled}=1")
    assert before["node02"] in str(get(kubectl, namespace, "pods")["items"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"updateStrategy": {"type": "Later"}},
            'spec.updateStrategy: Unsupported value: {"Type":"Later","RollingUpdate":null}: supported values: '
            '"RollingUpdate", "OnDelete"',
        ),
        (
            {"spec": {"restartPolicy": "Never"}},
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ),
    ],
)
def test_what_is_refused(kubectl: Kubectl, namespace: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(AssertionError) as refused:
        daemons(kubectl, namespace, **fields)
    assert f'The DaemonSet "it" is invalid: {message}\n' in str(refused.value)


def test_orphans_are_taken_over(kubectl: Kubectl, namespace: str) -> None:
    daemons(kubectl, namespace)
    before = ready(kubectl, namespace)
    kubectl("delete", "ds", "it", "--cascade=orphan", namespace=namespace)
    daemons(kubectl, namespace)
    assert ready(kubectl, namespace) == before
    (revision,) = get(kubectl, namespace, "controllerrevisions")["items"]
    assert revision["metadata"]["ownerReferences"][0]["kind"] == "DaemonSet"
