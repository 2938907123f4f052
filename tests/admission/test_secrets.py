"""Secrets: what each type has to hold, how text becomes data, and what may not change."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pocketkube.admission.configuration import secrets
from tests.conftest import Kubectl


def secret(**fields: Any) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **fields})


def test_text_becomes_data_and_goes_first(kubectl: Kubectl, namespace: str) -> None:
    made = kubectl(
        "create",
        "-f",
        "-",
        "-o",
        "json",
        namespace=namespace,
        stdin=secret(data={"a": "eA=="}, stringData={"a": "y", "b": "z"}),
    )
    found = json.loads(made.stdout)
    assert (found["type"], found["data"]) == ("Opaque", {"a": "eQ==", "b": "eg=="})
    assert "stringData" not in found
    assert kubectl("get", "secret", "s", "--no-headers", namespace=namespace).stdout.split()[:3] == ["s", "Opaque", "2"]


TLS = "kubernetes.io/tls"
CONFIG_KEY = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"type": TLS, "data": {"tls.crt": "eA=="}}, 'The Secret "s" is invalid: data[tls.key]: Required value'),
        (
            {"type": "kubernetes.io/dockerconfigjson"},
            'The Secret "s" is invalid: data[.dockerconfigjson]: Required value',
        ),
        (
            {"type": "kubernetes.io/service-account-token"},
            'The Secret "s" is invalid: metadata.annotations[kubernetes.io/service-account.name]: Required value',
        ),
        ({"data": {"a b": "eA=="}}, f'The Secret "s" is invalid: data[a b]: Invalid value: "a b": {CONFIG_KEY}'),
        (
            {"data": {"a": "not base64!"}},
            'Error from server (BadRequest): error when creating "STDIN": Secret in version "v1" cannot be handled as '
            "a Secret: illegal base64 data at input byte 3",
        ),
    ],
)
def test_what_is_refused(kubectl: Kubectl, namespace: str, fields: dict[str, Any], message: str) -> None:
    done = kubectl("create", "--validate=false", "-f", "-", namespace=namespace, stdin=secret(**fields), fails=True)
    assert done.stderr.strip() == message


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"type": TLS, "data": {"tls.crt": "", "tls.key": ""}},
            'type: Invalid value: "kubernetes.io/tls": field is immutable',
        ),
        ({"immutable": False}, "immutable: Forbidden: field is immutable when `immutable` is set"),
        ({"data": {"a": "eQ=="}}, "data: Forbidden: field is immutable when `immutable` is set"),
    ],
)
def test_what_may_not_change(kubectl: Kubectl, namespace: str, change: dict[str, Any], message: str) -> None:
    kubectl("create", "-f", "-", namespace=namespace, stdin=secret(data={"a": "eA=="}, immutable=True))
    done = kubectl("patch", "secret", "s", "--type=merge", "-p", json.dumps(change), namespace=namespace, fails=True)
    assert message in done.stderr


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", None),
        ("eA==", None),
        ("eA\n==", None),
        ("e", 0),
        ("eA", 0),
        ("eA=", 3),
        ("abcde", 4),
        ("ab!d", 2),
        ("abcd=", 4),
        ("eA=x", 2),
        ("eA==x", 4),
    ],
)
def test_where_text_is_not_base64(text: str, position: int | None) -> None:
    """As encoding/base64 of Go counts: the byte that is wrong, or where an incomplete group of four begins."""
    assert secrets._wrong_byte(text) == position
