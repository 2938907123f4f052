"""What the server says that it serves: as a real cluster says it, and no more than it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pocketkube.api.discovery import groups
from pocketkube.api.reviews import REVIEWS

RECORDED = json.loads((Path(__file__).parent.parent / "recordings" / "discovery.json").read_text())
Http = Callable[..., Any]
PATHS = [f"/apis/{group}/{version}" if group else f"/api/{version}" for group, version in groups()]


@pytest.mark.parametrize("path", PATHS)
def test_resources_are_described_as_on_a_real_cluster(http: Http, path: str) -> None:
    real = {entry["name"]: entry for entry in RECORDED[path]["resources"]}
    ours = http("GET", path).body
    assert {**ours, "resources": []} == {**RECORDED[path], "resources": []}
    for entry in ours["resources"]:
        assert entry == real[entry["name"]]


@pytest.mark.parametrize("path", PATHS)
def test_what_is_named_can_be_listed(http: Http, path: str) -> None:
    for entry in http("GET", path).body["resources"]:
        if "list" in entry["verbs"]:
            assert http("GET", f"{path}/{entry['name']}").body["kind"] == f"{entry['kind']}List"


@pytest.mark.parametrize("review", [pytest.param(each, id=each.kind) for each in REVIEWS])
def test_reviews_are_answered(http: Http, review: Any) -> None:
    scope = "/namespaces/default" if review.namespaced else ""
    spec = {"user": "jane", "nonResourceAttributes": {"path": "/", "verb": "get"}}
    made = http("POST", f"/apis/{review.group}/{review.version}{scope}/{review.plural}", {"spec": spec})
    assert (made.status, made.body["kind"]) == (201, review.kind)
    assert made.body["status"]


def test_aggregated_names_the_same(http: Http) -> None:
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    found = set()
    for path in ("/api", "/apis"):
        for group in http("GET", path, accept=accept).body["items"]:
            name = group["metadata"].get("name", "")
            for version in group["versions"]:
                base = f"/apis/{name}/{version['version']}" if name else f"/api/{version['version']}"
                found |= {(base, each["resource"]) for each in version["resources"]}
    listed = {
        (path, entry["name"])
        for path in PATHS
        for entry in http("GET", path).body["resources"]
        if "/" not in entry["name"]
    }
    assert found == listed


def test_version(http: Http) -> None:
    assert http("GET", "/version").body == RECORDED["/version"]
