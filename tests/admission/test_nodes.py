"""What of a Node is refused. Nothing is changed: every request is a dry run."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Kubectl

UNIQUE = "taints must be unique by key and effect pair"
REFUSED = [
    (
        {"taints": [{"key": "a", "effect": "Never"}]},
        'metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", '
        '"NoExecute"',
    ),
    ({"taints": [{"key": "a"}]}, "metadata.taints[0].effect: Required value"),
    (
        {"taints": [{"key": "a", "effect": "NoSchedule"}] * 2},
        'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: ' + UNIQUE,
    ),
    (
        {"providerID": "kind://a"},
        'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
    ),
    (
        {"podCIDRs": ["10.9.0.0/24"]},
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ),
]


@pytest.mark.parametrize(("spec", "says"), REFUSED)
def test_refused(kubectl: Kubectl, spec: dict[str, object], says: str) -> None:
    patch = ("--dry-run=server", "--type=merge", "-p", json.dumps({"spec": spec}))
    refused = kubectl("patch", "node", "node01", *patch, fails=True).stderr
    assert refused == f'The Node "node01" is invalid: {says}\n'
