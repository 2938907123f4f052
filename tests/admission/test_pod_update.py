"""What of a Pod may change: nothing that admission has let through may become something else later."""

from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.admission.conftest import pod

Kubectl = Callable[..., CompletedProcess[str]]
Create = Callable[..., CompletedProcess[str]]


def patch(kubectl: Kubectl, namespace: str, change: dict[str, Any], *, fails: bool = False) -> str:
    return kubectl("patch", "pod", "p", "-p", json.dumps(change), namespace=namespace, fails=fails).stderr


@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"hostNetwork": True}},
        {"spec": {"containers": [{"name": "c", "securityContext": {"privileged": True}}]}},
        {"spec": {"containers": [{"name": "c", "resources": {"limits": {"memory": "1Gi"}}}]}},
    ],
)
def test_refused(kubectl: Kubectl, namespace: str, create: Create, change: dict[str, Any]) -> None:
    create(pod())
    what = 'The Pod "p" is invalid: spec: Forbidden: pod updates may not change fields other than '
    assert patch(kubectl, namespace, change, fails=True).startswith(what)


def test_no_container_is_added(kubectl: Kubectl, namespace: str, create: Create) -> None:
    create(pod())
    change = {"spec": {"containers": [{"name": "d", "image": "busybox"}]}}
    what = 'The Pod "p" is invalid: spec.containers: Forbidden: pod updates may not add or remove containers\n'
    assert patch(kubectl, namespace, change, fails=True) == what


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"labels": {"a": "b"}}},
        {"spec": {"activeDeadlineSeconds": 100}},
        {"spec": {"containers": [{"name": "c", "image": "busybox:1.37"}]}},
    ],
)
def test_allowed(kubectl: Kubectl, namespace: str, create: Create, change: dict[str, Any]) -> None:
    create(pod())
    patch(kubectl, namespace, change)


def test_applying_the_same_again_changes_nothing(kubectl: Kubectl, namespace: str) -> None:
    text = json.dumps(pod())
    kubectl("apply", "-f", "-", namespace=namespace, stdin=text)
    assert kubectl("apply", "-f", "-", namespace=namespace, stdin=text).stdout == "pod/p unchanged\n"
