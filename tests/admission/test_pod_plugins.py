"""What admission plugins add to a Pod, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.admission.conftest import pod, refusal
from tests.conftest import Create


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        pytest.param({"priorityClassName": "high"}, "no PriorityClass with name high was found", id="priority-class"),
        pytest.param(
            {"priority": 5},
            "the integer value of priority (5) must not be provided in pod spec; "
            "priority admission controller computed 0 from the given PriorityClass name",
            id="priority",
        ),
        pytest.param({"runtimeClassName": "kata"}, 'pod rejected: RuntimeClass "kata" not found', id="runtime-class"),
        pytest.param(
            {"overhead": {"cpu": "1"}},
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
            id="overhead",
        ),
        pytest.param(
            {"serviceAccountName": "nobody"},
            'error looking up service account {}/nobody: serviceaccount "nobody" not found',
            id="service-account",
        ),
    ],
)
def test_refused(namespace: str, create: Create, spec: dict[str, Any], why: str) -> None:
    assert refusal(create(pod(**spec), fails=True)) == why.format(namespace)


def test_critical_pods_have_the_priority_of_their_class(kubectl: Callable[..., Any], namespace: str) -> None:
    text = json.dumps(pod(priorityClassName="system-node-critical"))
    made = kubectl("create", "-f", "-", "--dry-run=server", "-o", "json", namespace=namespace, stdin=text).stdout
    assert json.loads(made)["spec"]["priority"] == 2_000_001_000
