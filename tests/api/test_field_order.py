"""Fields come in the order in which a real API server has written them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pocketkube.field_order import in_order
from pocketkube.resources import SERVED

Http = Callable[..., Any]
RECORDED = json.loads((Path(__file__).parent.parent / "recordings" / "create-defaults.json").read_text())
KINDS = {(resource.api_version, resource.kind): resource for resource in SERVED}


def backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in sorted(value, reverse=True)}
    return [backwards(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", RECORDED)
def test_as_recorded(name: str) -> None:
    recorded = RECORDED[name]["response"]["body"]
    recorded["metadata"].pop("managedFields", None)  # raw JSON in Go, which no struct orders
    resource = KINDS[recorded["apiVersion"], recorded["kind"]]
    assert json.dumps(in_order(resource, backwards(recorded))) == json.dumps(recorded)


def test_what_is_in_no_struct_comes_last() -> None:
    resource = KINDS["v1", "ConfigMap"]
    assert list(in_order(resource, {"unknown": 1, "metadata": {}, "kind": "ConfigMap"})) == [
        "kind",
        "metadata",
        "unknown",
    ]


def test_the_revision_has_its_place(http: Http, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    made = http("POST", path, {"metadata": {"labels": {"b": "1", "a": "2"}, "name": "c"}}).body
    names = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp", "labels", "managedFields"]
    assert list(made["metadata"]) == names
    assert list(made["metadata"]["labels"]) == ["a", "b"]
