"""LimitRanges: defaults for new Pods, and refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.admission.conftest import pod, refusal
from tests.conftest import Create, Kubectl


def limits(*items: dict[str, Any]) -> dict[str, Any]:
    full = [{"type": "Container", **item} for item in items]
    return {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": full}}


def asks(**resources: dict[str, Any]) -> dict[str, Any]:
    return pod("p", {"resources": resources})


@pytest.mark.parametrize(
    ("item", "asked", "given"),
    [
        pytest.param(
            {"default": {"memory": "64Mi"}, "defaultRequest": {"memory": "32Mi"}},
            {},
            {"limits": {"memory": "64Mi"}, "requests": {"memory": "32Mi"}},
            id="both",
        ),
        pytest.param(
            {"max": {"cpu": 1}, "min": {"memory": "1Mi"}},
            {"limits": {"memory": "1024Ki"}},
            {"limits": {"cpu": "1", "memory": "1Mi"}, "requests": {"cpu": "1", "memory": "1Mi"}},
            id="from-max-and-own-limit",
        ),
        pytest.param(
            {"default": {"cpu": 0.5}},
            {"requests": {"cpu": "100m"}},
            {"limits": {"cpu": "500m"}, "requests": {"cpu": "100m"}},
            id="own-request",
        ),
    ],
)
def test_defaults(create: Create, kubectl: Kubectl, namespace: str, item: Any, asked: Any, given: Any) -> None:
    create(limits(item), asks(**asked))
    made = json.loads(kubectl("get", "pod", "p", "-o", "json", namespace=namespace).stdout)
    assert made["spec"]["containers"][0]["resources"] == given
    assert made["status"]["qosClass"] == ("Guaranteed" if given["limits"] == given["requests"] else "Burstable")


def test_defaults_are_noted(create: Create, kubectl: Kubectl, namespace: str) -> None:
    create(limits({"default": {"cpu": 1, "memory": "64Mi"}}), pod())
    path = r"jsonpath={.metadata.annotations.kubernetes\.io/limit-ranger}"
    note = "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c"
    assert kubectl("get", "pod", "p", "-o", path, namespace=namespace).stdout == note


@pytest.mark.parametrize(
    ("item", "asked", "why"),
    [
        pytest.param(
            {"max": {"memory": "128Mi"}},
            {"limits": {"memory": "1Gi"}},
            "maximum memory usage per Container is 128Mi, but limit is 1Gi",
            id="max",
        ),
        pytest.param(
            {"min": {"cpu": "200m"}},
            {"requests": {"cpu": "100m"}},
            "minimum cpu usage per Container is 200m, but request is 100m",
            id="min",
        ),
        pytest.param(
            {"min": {"cpu": "200m"}, "max": {"memory": "1Mi"}},
            {"limits": {"cpu": "100m", "memory": "2Mi"}},
            "[minimum cpu usage per Container is 200m, but request is 100m, "
            "maximum memory usage per Container is 1Mi, but limit is 2Mi]",
            id="two",
        ),
        pytest.param(
            {"type": "Pod", "max": {"cpu": 1}},
            {},
            "maximum cpu usage per Pod is 1.  No limit is specified",
            id="pod",
        ),
        pytest.param(
            {"maxLimitRequestRatio": {"cpu": 2}},
            {"limits": {"cpu": 1}, "requests": {"cpu": "250m"}},
            "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000",
            id="ratio",
        ),
    ],
)
def test_refusals(create: Create, item: Any, asked: Any, why: str) -> None:
    create(limits(item))
    assert refusal(create(asks(**asked), fails=True)) == why


def test_a_request_beyond_the_default_limit_is_invalid(create: Create) -> None:
    create(limits({"default": {"cpu": "500m"}}))
    done = create(asks(requests={"cpu": "700m"}), fails=True)
    what = (
        'spec.containers[0].resources.requests: Invalid value: "700m": must be less than or equal to cpu limit of 500m'
    )
    assert done.stderr == f'The Pod "p" is invalid: {what}\n'


@pytest.mark.parametrize(
    ("item", "what"),
    [
        (
            {"min": {"cpu": 2}, "max": {"cpu": 1}, "default": {"cpu": 1}, "defaultRequest": {"cpu": 1}},
            'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
        ),
        (
            {"type": "Pod", "default": {"cpu": 1}},
            "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
        ),
    ],
)
def test_invalid_limit_ranges(create: Create, item: Any, what: str) -> None:
    assert what in create(limits(item), fails=True).stderr


def test_it_goes_with_its_namespace(create: Create, kubectl: Kubectl, namespace: str) -> None:
    create(limits({"max": {"cpu": 1}}))
    kubectl("delete", "namespace", namespace, "--timeout=60s")
    text = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n"
    kubectl("create", "-f", "-", stdin=text)
    assert kubectl("get", "limits", "-o", "name", namespace=namespace).stdout == ""
