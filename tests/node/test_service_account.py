"""A Pod may ask the API who it is, and little else; a Pod in its node's network is there."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pocketkube.service_account_tokens import ServiceAccountTokens
from tests.conftest import Kubectl
from tests.node.pods import container, create, output, status, wait

FILES = "/var/run/secrets/kubernetes.io/serviceaccount"
POD: dict[str, Any] = {"metadata": {"name": "p", "namespace": "n", "uid": "1"}, "spec": {"serviceAccountName": "sa"}}


def ask(kubectl: Kubectl, namespace: str, path: str, header: str) -> Any:
    """What the API answers to a Pod."""
    script = f"curl -s --cacert {FILES}/ca.crt {header} https://kubernetes.default{path}"
    create(kubectl, namespace, {**container(script), "image": "giantswarm/tiny-tools", "imagePullPolicy": "Never"})
    return json.loads(output(kubectl, namespace))


TOKEN = f'-H "Authorization: Bearer $(cat {FILES}/token)"'


@pytest.mark.parametrize(
    ("path", "header", "kind", "message"),
    [
        pytest.param("/api", TOKEN, "APIVersions", None, id="discovery"),
        pytest.param(
            "/api/v1/namespaces/NS/pods/x/log",
            TOKEN,
            "Status",
            'pods "x" is forbidden: User "system:serviceaccount:NS:default" cannot get resource "pods/log" in API '
            'group "" in the namespace "NS"',
            id="resource",
        ),
        pytest.param(
            "/apis/apps/v1/deployments",
            TOKEN,
            "Status",
            'deployments.apps is forbidden: User "system:serviceaccount:NS:default" cannot list resource "deployments" '
            'in API group "apps" at the cluster scope',
            id="cluster-scope",
        ),
        pytest.param("/", "", "Status", 'forbidden: User "system:anonymous" cannot get path "/"', id="without-a-token"),
        pytest.param("/api", '-H "Authorization: Bearer x.y.z"', "Status", "Unauthorized", id="a-forged-token"),
    ],
)
def test_what_the_api_tells_a_pod(
    kubectl: Kubectl, namespace: str, path: str, header: str, kind: str, message: str | None
) -> None:
    answer = ask(kubectl, namespace, path.replace("NS", namespace), header)
    assert answer["kind"] == kind
    assert answer.get("message") == (message and message.replace("NS", namespace))


def test_the_files_of_an_account(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container(f"cat {FILES}/namespace; ls {FILES}"))
    assert output(kubectl, namespace) == f"{namespace}ca.crt\nnamespace\ntoken\n"


def test_a_pod_that_wants_no_token(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container(f"test -e {FILES} || echo none"), automountServiceAccountToken=False)
    assert output(kubectl, namespace) == "none\n"


@pytest.mark.parametrize(
    ("asked", "later", "user"),
    [
        ({}, 0, "system:serviceaccount:n:sa"),
        ({"expirationSeconds": 600}, 601, None),
        ({"expirationSeconds": 3607}, 7200, "system:serviceaccount:n:sa"),
        ({"audience": "vault"}, 0, None),
    ],
)
def test_how_long_and_for_whom_a_token_is_good(
    monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any], later: int, user: str | None
) -> None:
    tokens = ServiceAccountTokens(b"key")
    token = tokens.issue(POD, "uid", asked)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + later)
    assert tokens.verify(token) == user
    assert ServiceAccountTokens(b"another").verify(token) is None


def test_a_pod_in_the_network_of_its_node(kubectl: Kubectl, namespace: str) -> None:
    create(kubectl, namespace, container("hostname; sleep infinity"), hostNetwork=True, nodeName="node01")
    wait(kubectl, namespace, "Ready")
    shown = status(kubectl, namespace)
    assert shown["podIP"] == shown["hostIP"]
    assert kubectl("logs", "p", namespace=namespace).stdout == "node01\n"
