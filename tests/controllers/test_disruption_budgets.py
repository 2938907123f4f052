"""PodDisruptionBudgets: their status, and what an eviction is told by them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pocketkube.controllers import disruption_budgets
from pocketkube.controllers.disruption_budgets import DisruptionController
from pocketkube.registry import Registry
from pocketkube.resources import NAMESPACES, PODDISRUPTIONBUDGETS, PODS
from pocketkube.store import Store
from tests.conftest import Kubectl
from tests.controllers.objects import conditions, create, events, get, template, wait

SELECTED = {"selector": {"matchLabels": {"app": "a"}}}


def deployment(kubectl: Kubectl, namespace: str, replicas: int, script: str = "sleep infinity") -> None:
    create(kubectl, namespace, "Deployment", replicas=replicas, template=template(script), **SELECTED)
    wait(kubectl, namespace, "deployment/it", f"jsonpath={{.status.availableReplicas}}={replicas}")


def budget(kubectl: Kubectl, namespace: str, name: str = "it", **spec: Any) -> None:
    create(kubectl, namespace, "PodDisruptionBudget", name, **{**SELECTED, **spec})
    wait(kubectl, namespace, f"pdb/{name}", "jsonpath={.status.observedGeneration}=1")


def evict(kubectl: Kubectl, namespace: str, pod: str, **fails: bool) -> str:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction"
    ran = kubectl("create", "--raw", path, "-f", "-", stdin=json.dumps(eviction), **fails)
    return ran.stderr or ran.stdout


def a_pod(kubectl: Kubectl, namespace: str) -> str:
    return str(get(kubectl, namespace, "pods")["items"][0]["metadata"]["name"])


@pytest.mark.parametrize(
    ("spec", "desired", "allowed"),
    [
        ({"minAvailable": 2}, 2, 1),
        ({"minAvailable": 4}, 4, 0),
        ({"minAvailable": "50%"}, 2, 1),
        ({"maxUnavailable": 1}, 2, 1),
        ({"maxUnavailable": "34%"}, 1, 2),
        ({"maxUnavailable": 9}, 0, 3),
    ],
)
def test_how_many_pods_may_go(
    kubectl: Kubectl, namespace: str, spec: dict[str, Any], desired: int, allowed: int
) -> None:
    """Shares of what the controllers are asked for are rounded up."""
    deployment(kubectl, namespace, 3)
    budget(kubectl, namespace, **spec)
    status = get(kubectl, namespace, "pdb", "it")["status"]
    counts = {key: status[key] for key in ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")}
    expected = {"currentHealthy": 3, "desiredHealthy": desired, "disruptionsAllowed": allowed, "expectedPods": 3}
    assert counts == expected
    reason = ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    assert conditions({"status": status}) == [("DisruptionAllowed", *reason, "")]


def test_an_eviction_is_refused_until_there_are_enough(kubectl: Kubectl, namespace: str) -> None:
    deployment(kubectl, namespace, 1)
    budget(kubectl, namespace, minAvailable=1)
    refused = evict(kubectl, namespace, a_pod(kubectl, namespace), fails=True)
    assert "Cannot evict pod as it would violate the pod's disruption budget." in refused
    kubectl("scale", "deployment/it", "--replicas=2", namespace=namespace)
    wait(kubectl, namespace, "pdb/it", "jsonpath={.status.disruptionsAllowed}=1")
    pod = a_pod(kubectl, namespace)
    kubectl("patch", "pod", pod, "-p", '{"metadata":{"finalizers":["test/kept"]}}', namespace=namespace)
    assert '"status":"Success"' in evict(kubectl, namespace, pod)
    told = conditions(get(kubectl, namespace, "pod", pod))
    assert ("DisruptionTarget", "True", "EvictionByEvictionAPI", "Eviction API: evicting") in told
    kubectl("patch", "pod", pod, "--type=merge", "-p", '{"metadata":{"finalizers":null}}', namespace=namespace)


def test_two_budgets_for_one_pod(kubectl: Kubectl, namespace: str) -> None:
    deployment(kubectl, namespace, 1)
    for name in ("one", "two"):
        budget(kubectl, namespace, name, minAvailable=0)
    refused = evict(kubectl, namespace, a_pod(kubectl, namespace), fails=True)
    assert "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support." in refused


@pytest.mark.parametrize(("policy", "goes"), [("AlwaysAllow", True), ("IfHealthyBudget", False)])
def test_a_pod_that_is_not_ready(kubectl: Kubectl, namespace: str, policy: str, goes: bool) -> None:
    never = template()
    never["spec"]["containers"][0]["readinessProbe"] = {"exec": {"command": ["false"]}}
    create(kubectl, namespace, "Deployment", replicas=1, template=never, **SELECTED)
    wait(kubectl, namespace, "deployment/it", "jsonpath={.status.unavailableReplicas}=1")
    kubectl(
        "wait", "--for=jsonpath={.status.phase}=Running", "pod", "-l", "app=a", "--timeout=60s", namespace=namespace
    )
    budget(kubectl, namespace, minAvailable=1, unhealthyPodEvictionPolicy=policy)
    said = evict(kubectl, namespace, a_pod(kubectl, namespace), fails=not goes)
    assert ("Success" if goes else "disruption budget") in said


def test_pods_that_nobody_manages(kubectl: Kubectl, namespace: str) -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", **template()}
    pod["metadata"]["name"] = "alone"
    kubectl("apply", "-f", "-", namespace=namespace, stdin=json.dumps(pod))
    budget(kubectl, namespace, maxUnavailable=1)
    selector = "&LabelSelector{MatchLabels:map[string]string{app: a,},MatchExpressions:[]LabelSelectorRequirement{},}"
    told = events(kubectl, namespace)
    assert [each[:2] for each in told] == [("Warning", "UnmanagedPods")]
    assert told[0][2].startswith(f"Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be ")


def test_a_controller_without_a_scale(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, "DaemonSet", template=template(), **SELECTED)
    wait(kubectl, namespace, "daemonset/it", "jsonpath={.status.numberReady}=2")
    create(kubectl, namespace, "PodDisruptionBudget", "budget", maxUnavailable=1, **SELECTED)
    why = "daemonsets.apps does not implement the scale subresource"
    wait(kubectl, namespace, "pdb/budget", "jsonpath={.status.conditions[0].reason}=SyncFailed")
    assert conditions(get(kubectl, namespace, "pdb", "budget")) == [("DisruptionAllowed", "False", "SyncFailed", why)]
    what = f"Failed to calculate the number of expected pods: {why}"
    assert events(kubectl, namespace, "budget") == [("Warning", "CalculateExpectedPodCountFailed", what)]
    refused = evict(kubectl, namespace, a_pod(kubectl, namespace), fails=True)
    assert "Cannot evict pod" in refused


def test_a_pod_that_was_let_go_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts as gone for two minutes, and then again as what it is."""
    registry = Registry(Store())
    registry.create(NAMESPACES, {"metadata": {"name": "n"}})
    made = registry.create(
        PODDISRUPTIONBUDGETS, {"metadata": {"name": "b"}, "spec": {"minAvailable": 0, **SELECTED}}, "n"
    )
    for name in ("p", "q"):
        metadata = {"name": name, "namespace": "n", "uid": name, "labels": {"app": "a"}}
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        registry.store.put(PODS, {"metadata": metadata, "spec": {}, "status": ready})
    gone = {**made["status"], "disruptedPods": {"p": "2026-01-01T00:00:00Z"}}
    registry.update(PODDISRUPTIONBUDGETS, {**made, "status": gone}, subresource="status")
    monkeypatch.setattr(disruption_budgets, "seconds_since", lambda _: 100.0)
    controller = DisruptionController(registry)
    assert controller.reconcile(("n", "b")) == 20.0
    assert registry.store.get(PODDISRUPTIONBUDGETS, "n", "b")["status"]["currentHealthy"] == 1
    monkeypatch.setattr(disruption_budgets, "seconds_since", lambda _: 130.0)
    assert controller.reconcile(("n", "b")) is None
    status = registry.store.get(PODDISRUPTIONBUDGETS, "n", "b")["status"]
    assert (status["currentHealthy"], "disruptedPods" in status) == (2, False)
