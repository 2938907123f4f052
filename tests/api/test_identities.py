"""In whose name a request comes, what they may, and the tokens of ServiceAccounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Kubectl

Http = Callable[..., Any]
AUTHORIZATION, AUTHENTICATION = "/apis/authorization.k8s.io/v1", "/apis/authentication.k8s.io/v1"
LIST_PODS = {"resourceAttributes": {"verb": "list", "resource": "pods", "namespace": "default"}}
ACCESS = [
    ({**LIST_PODS, "user": "jane"}, False),
    ({**LIST_PODS, "user": "jane", "groups": ["system:masters"]}, True),
    ({"nonResourceAttributes": {"verb": "get", "path": "/version"}, "user": "jane"}, True),
    ({"nonResourceAttributes": {"verb": "get", "path": "/apis/apps/v1"}, "user": "jane"}, True),
    ({"nonResourceAttributes": {"verb": "get", "path": "/apis"}, "user": "system:anonymous"}, False),
    ({"nonResourceAttributes": {"verb": "get", "path": "/healthz/etcd"}, "user": "jane"}, False),
]
NO_QUESTION = [
    (
        {"user": "jane"},
        "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must "
        "be specified",
    ),
    (LIST_PODS, 'spec.user: Invalid value: "": at least one of user or group must be specified'),
]


@pytest.mark.parametrize(("spec", "allowed"), ACCESS)
def test_what_others_may(http: Http, spec: Any, allowed: bool) -> None:
    made = http("POST", f"{AUTHORIZATION}/subjectaccessreviews", {"spec": spec})
    assert (made.status, made.body["status"]["allowed"]) == (201, allowed)


@pytest.mark.parametrize(("spec", "says"), NO_QUESTION)
def test_no_question(http: Http, spec: Any, says: str) -> None:
    refused = http("POST", f"{AUTHORIZATION}/subjectaccessreviews", {"spec": spec})
    message = f'SubjectAccessReview.authorization.k8s.io "" is invalid: {says}'
    assert (refused.status, refused.body["message"]) == (422, message)


def test_in_the_name_of_another(kubectl: Kubectl, namespace: str) -> None:
    assert kubectl("auth", "can-i", "get", "pods", "--as=jane", fails=True).stdout == "no\n"
    refused = kubectl("get", "pods", "--as=jane", namespace=namespace, fails=True).stderr
    what = f'User "jane" cannot list resource "pods" in API group "" in the namespace "{namespace}"'
    assert refused == f"Error from server (Forbidden): pods is forbidden: {what}\n"
    kubectl("get", "pods", "--as=jane", "--as-group=system:masters", namespace=namespace)
    account = f"system:serviceaccount:{namespace}:default"
    groups = f"[system:serviceaccounts system:serviceaccounts:{namespace} system:authenticated]"
    assert groups in kubectl("auth", "whoami", f"--as={account}").stdout


def test_a_token_that_is_asked_for(kubectl: Kubectl, http: Http, namespace: str) -> None:
    token = kubectl("create", "token", "default", namespace=namespace).stdout
    review = http("POST", f"{AUTHENTICATION}/tokenreviews", {"spec": {"token": token}}).body["status"]
    assert review["user"]["username"] == f"system:serviceaccount:{namespace}:default"
    assert http("POST", f"{AUTHENTICATION}/tokenreviews", {"spec": {"token": "x"}}).body["status"]["user"] == {}
    assert http("GET", "/apis", token=token).status == 200
    assert http("GET", "/api/v1/pods", token=token).status == 403


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["default", "--duration=1m"],
            'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not '
            "specify a duration less than 10 minutes",
        ),
        (["nobody"], 'serviceaccounts "nobody" not found'),
    ],
)
def test_no_token(kubectl: Kubectl, namespace: str, words: list[str], says: str) -> None:
    refused = kubectl("create", "token", *words, namespace=namespace, fails=True).stderr
    assert refused == f"error: failed to create token: {says}\n"
