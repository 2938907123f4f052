"""The Status of an eviction that a disruption budget forbids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.conftest import Kubectl
from tests.controllers.objects import create, get, template, wait

SELECTED = {"selector": {"matchLabels": {"app": "a"}}}


def test_what_the_budget_needs(http: Callable[..., Any], kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, "Deployment", template=template(), **SELECTED)
    create(kubectl, namespace, "PodDisruptionBudget", maxUnavailable=0, **SELECTED)
    wait(kubectl, namespace, "pdb/it", "jsonpath={.status.currentHealthy}=1")
    pod = get(kubectl, namespace, "pods")["items"][0]["metadata"]["name"]
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    answer = http("POST", f"/api/v1/namespaces/{namespace}/pods/{pod}/eviction", body)
    why = "The disruption budget it needs 1 healthy pods and has 1 currently"
    assert (answer.status, answer.body["reason"]) == (429, "TooManyRequests")
    assert answer.body["details"] == {"causes": [{"reason": "DisruptionBudget", "message": why}]}
