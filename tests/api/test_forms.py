"""The forms in which answers come and bodies may be: media types, indentation, the health checks' lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

Http = Callable[..., Any]
NAMESPACE = "/api/v1/namespaces/default"


def test_yaml(http: Http) -> None:
    answer = http("GET", NAMESPACE, accept="application/yaml")
    assert answer.headers["Content-Type"] == "application/yaml"
    assert yaml.safe_load(answer.text) == http("GET", NAMESPACE).body
    assert answer.text.startswith("apiVersion: v1\nkind: Namespace\nmetadata:\n  creationTimestamp: ")


@pytest.mark.parametrize(
    ("path", "indented"),
    [(NAMESPACE, False), (f"{NAMESPACE}?pretty=true", True), (f"{NAMESPACE}?pretty=0", False), ("/version", True)],
)
def test_indentation(http: Http, path: str, indented: bool) -> None:
    answer = http("GET", path)
    separators = None if indented else (",", ":")
    assert answer.text.strip() == json.dumps(answer.body, indent=2 if indented else None, separators=separators)


def test_html_is_escaped(http: Http) -> None:
    body = {"metadata": {"name": "a"}, "data": {"page": "<b>&</b> \u2028 ü"}}
    answer = http("POST", f"{NAMESPACE}/configmaps?dryRun=All", body)
    assert r"\u003cb\u003e\u0026\u003c/b\u003e \u2028 ü" in answer.text
    assert answer.body["data"] == body["data"]


KNOWN = "application/json, application/yaml, application/vnd.kubernetes.protobuf"


def test_a_form_that_is_not_written(http: Http) -> None:
    answer = http("GET", NAMESPACE, accept="application/json;as=Poem;g=meta.k8s.io;v=v1")
    assert (answer.status, answer.body["message"]) == (406, f"only the following media types are accepted: {KNOWN}")


def test_a_body_that_is_not_read(http: Http) -> None:
    answer = http("POST", f"{NAMESPACE}/configmaps", {"metadata": {"name": "a"}}, content_type="text/plain")
    says = f"the body of the request was in an unknown format - accepted media types include: {KNOWN}"
    assert (answer.status, answer.body["message"]) == (415, says)


HEALTH = [
    ("/livez", "ok"),
    ("/livez?verbose", "[+]ping ok\n[+]log ok\n[+]etcd ok\nlivez check passed\n"),
    ("/healthz?verbose&exclude=etcd", "[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\nhealthz check passed\n"),
    ("/readyz/informer-sync", "ok"),
    ("/livez/informer-sync", "404 page not found\n"),
]


@pytest.mark.parametrize(("path", "text"), HEALTH)
def test_health(http: Http, path: str, text: str) -> None:
    assert http("GET", path).text == text


def test_the_root_lists_what_there_is(http: Http) -> None:
    for path in http("GET", "/").body["paths"]:
        assert http("GET", path).status == 200, path
